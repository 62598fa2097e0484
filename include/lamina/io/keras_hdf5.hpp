// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Keras' legacy .h5 files, for save() and load(). A program that includes this header links
// lamina::hdf5.
//
// It takes the compiler seconds. A program of several source files may pay them once: define
// LAMINA_SEPARATE_IO for all of them, and LAMINA_SEPARATE_IO_SOURCE before the header in one.

#include <lamina/io/format.hpp>
#include <lamina/io/model_view.hpp>
#include <lamina/io/save_options.hpp>

#if !defined(LAMINA_SEPARATE_IO) || defined(LAMINA_SEPARATE_IO_SOURCE)
#include <lamina/io/keras_hdf5_file.hpp>
#include <lamina/io/model_document.hpp>
#endif

#include <string>
#include <string_view>

namespace lamina::detail {

#if !defined(LAMINA_SEPARATE_IO) || defined(LAMINA_SEPARATE_IO_SOURCE)

/// Files of Keras' .h5 layout, for save() and load().
struct KerasHdf5Format {
    static constexpr std::string_view suffixes[]{".h5", ".hdf5"};

    template <class T>
    [[gnu::cold]] static void save(ModelView<T> const& model, std::string const& path,
                                   SaveOptions const& options) {
        Document const document = document_of(model);
        KerasHdf5Writer(path, document, options.optimizer);
    }
    template <class T>
    [[gnu::cold]] static void load(ModelView<T> const& model, ModelTarget<T> const& to,
                                   std::string const& path, LoadOptions const& options) {
        Document const wanted = document_of(model);
        Loaded loaded = KerasHdf5Reader(path, wanted, options).load();
        assign(model, to, wanted, loaded);
    }
};

#endif
#if defined(LAMINA_SEPARATE_IO) || defined(LAMINA_SEPARATE_IO_SOURCE)

#define LAMINA_KERAS_HDF5(T)                                                                  \
    void save_keras_hdf5(ModelView<T> const&, std::string const&, SaveOptions const&);        \
    void load_keras_hdf5(ModelView<T> const&, ModelTarget<T> const&, std::string const&,      \
                         LoadOptions const&);
LAMINA_KERAS_HDF5(float)
LAMINA_KERAS_HDF5(double)
#undef LAMINA_KERAS_HDF5

/// The same, compiled in another source file.
struct SeparateKerasHdf5Format {
    static constexpr std::string_view suffixes[]{".h5", ".hdf5"};

    template <class T>
    static void save(ModelView<T> const& model, std::string const& path, SaveOptions const& o) {
        save_keras_hdf5(model, path, o);
    }
    template <class T>
    static void load(ModelView<T> const& model, ModelTarget<T> const& to, std::string const& path,
                     LoadOptions const& o) {
        load_keras_hdf5(model, to, path, o);
    }
};
template <class Model>
SeparateKerasHdf5Format format_at(FormatSlot<1, Model>);

#else

template <class Model>
KerasHdf5Format format_at(FormatSlot<1, Model>);

#endif
#ifdef LAMINA_SEPARATE_IO_SOURCE

#define LAMINA_KERAS_HDF5(T)                                                                  \
    void save_keras_hdf5(ModelView<T> const& model, std::string const& path,                  \
                         SaveOptions const& options) {                                        \
        KerasHdf5Format::save(model, path, options);                                          \
    }                                                                                         \
    void load_keras_hdf5(ModelView<T> const& model, ModelTarget<T> const& to,                 \
                         std::string const& path, LoadOptions const& options) {               \
        KerasHdf5Format::load(model, to, path, options);                                      \
    }
LAMINA_KERAS_HDF5(float)
LAMINA_KERAS_HDF5(double)
#undef LAMINA_KERAS_HDF5

#endif

} // namespace lamina::detail
