# SPDX-License-Identifier: BSD-3-Clause
# lamina::hdf5: lamina/io/keras_hdf5.hpp, on the C library of HDF5. Found by hand: CMake's FindHDF5
# wants the C language and HDF5's own compiler wrappers; a header and a library are all there is.

set(lamina_hdf5_headers io/hdf5_handle.hpp io/hdf5_reader.hpp io/hdf5_writer.hpp io/keras_hdf5.hpp
    io/keras_hdf5_reader.hpp io/keras_hdf5_writer.hpp)

lamina_component_on(hdf5 HDF5 TITLE "the HDF5 C library" PACKAGE libhdf5-dev HEADER hdf5.h
    SUFFIXES include hdf5/serial NAMES hdf5 hdf5_serial)
