# SPDX-License-Identifier: BSD-3-Clause
# lamina::hdf5: lamina/io/keras_hdf5.hpp, on the C library of HDF5. Found by hand: CMake's FindHDF5
# wants the C language and HDF5's own compiler wrappers; a header and a library are all there is.

set(lamina_hdf5_headers io/hdf5.hpp io/keras_hdf5.hpp io/keras_hdf5_reader.hpp
    io/keras_hdf5_writer.hpp)

find_path(LAMINA_HDF5_INCLUDE_DIR hdf5.h
    HINTS ${HDF5_ROOT} $ENV{HDF5_ROOT} PATH_SUFFIXES include hdf5/serial)
find_library(LAMINA_HDF5_LIBRARY NAMES hdf5 hdf5_serial
    HINTS ${HDF5_ROOT} $ENV{HDF5_ROOT} PATH_SUFFIXES lib hdf5/serial)
mark_as_advanced(LAMINA_HDF5_INCLUDE_DIR LAMINA_HDF5_LIBRARY)

if(LAMINA_HDF5_INCLUDE_DIR AND LAMINA_HDF5_LIBRARY)
    add_library(lamina::hdf5 INTERFACE IMPORTED ${lamina_scope})
    target_include_directories(lamina::hdf5 INTERFACE ${LAMINA_HDF5_INCLUDE_DIR})
    target_compile_definitions(lamina::hdf5 INTERFACE LAMINA_HAS_HDF5)
    target_link_libraries(lamina::hdf5 INTERFACE lamina::lamina ${LAMINA_HDF5_LIBRARY})
else()
    set(lamina_hdf5_missing "the HDF5 C library (hdf5.h, libhdf5) was not found \
(Debian, Ubuntu: apt install libhdf5-dev; elsewhere set HDF5_ROOT)")
endif()
