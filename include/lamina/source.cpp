// SPDX-License-Identifier: BSD-3-Clause
//
// What is compiled once for a program that defines LAMINA_SEPARATE_COMPILATION: see
// lamina/core/compilation.hpp. The CMake targets say which components are linked.
#ifdef LAMINA_BODIES
#error "lamina/source.cpp saw lamina's headers before: set SKIP_PRECOMPILE_HEADERS on this file"
#endif
#define LAMINA_SOURCE
#include <lamina/lamina.hpp>

#include <lamina/adapters/gnuplot.hpp>
#include <lamina/adapters/gnuplot_images.hpp>
#ifdef LAMINA_HAS_GZIP
#include <lamina/data/gzip.hpp>
#endif
#ifdef LAMINA_HAS_IMAGES
#include <lamina/data/image_file.hpp>
#include <lamina/data/image_folder.hpp>
#endif
#ifdef LAMINA_HAS_UNICODE
#include <lamina/data/byte_pair.hpp>
#include <lamina/data/unicode.hpp>
#include <lamina/data/word_piece.hpp>
#endif
#ifdef LAMINA_HAS_HDF5
#include <lamina/io/keras_hdf5.hpp>
#endif
#ifdef LAMINA_HAS_SAFETENSORS
#include <lamina/io/safetensors.hpp>
#endif
