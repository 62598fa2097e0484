// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Keras' files, for save() and load(): .keras archives, .h5 and .weights.h5. A program that
// includes this header links lamina::hdf5.

#include <lamina/core/compilation.hpp>
#include <lamina/io/format.hpp>
#include <lamina/io/model_view.hpp>
#include <lamina/io/save_options.hpp>

#if LAMINA_BODIES
#include <lamina/io/keras_hdf5_reader.hpp>
#include <lamina/io/keras_hdf5_writer.hpp>
#include <lamina/io/model_document.hpp>
#endif

#include <string>
#include <string_view>

namespace lamina::detail {

/// Keras' files, for save() and load().
struct KerasHdf5Format {
    static constexpr std::string_view suffixes = ".h5 .hdf5 .keras";

    template <class T>
    static void save(ModelView<T> const& model, std::string const& path,
                     SaveOptions const& options);
    template <class T>
    static void load(ModelView<T> const& model, ModelTarget<T> const& to, std::string const& path,
                     LoadOptions const& options);
    static std::string attachment(std::string const& path, std::string_view name);
};
template <class Model>
KerasHdf5Format format_at(FormatSlot<1, Model>);

#if LAMINA_BODIES

template <class T>
[[gnu::cold]] void KerasHdf5Format::save(ModelView<T> const& model, std::string const& path,
                                         SaveOptions const& options) {
    Document const document = document_of(model);
    KerasHdf5Writer(path, document, options);
}
template <class T>
[[gnu::cold]] void KerasHdf5Format::load(ModelView<T> const& model, ModelTarget<T> const& to,
                                         std::string const& path, LoadOptions const& options) {
    Document const wanted = document_of(model);
    Loaded loaded = KerasHdf5Reader(path, wanted, options).load();
    assign(model, to, wanted, loaded);
}
[[gnu::cold]] LAMINA_INLINE std::string KerasHdf5Format::attachment(std::string const& path,
                                                                    std::string_view name) {
    Hdf5Reader const file(path, keras_part);
    if (auto text = read_hdf5_attachment(file, std::string(name))) return *std::move(text);
    refuse_attachment(path, name);
}

#endif
#ifdef LAMINA_SOURCE
LAMINA_COMPILE_FORMAT(KerasHdf5Format, float)
LAMINA_COMPILE_FORMAT(KerasHdf5Format, double)
#endif

} // namespace lamina::detail
