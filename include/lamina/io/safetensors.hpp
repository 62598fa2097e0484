// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// .safetensors files, for save() and load() and tensor by tensor. A program that includes this
// header links lamina::safetensors.

#include <lamina/core/compilation.hpp>
#include <lamina/io/format.hpp>
#include <lamina/io/model_view.hpp>
#include <lamina/io/safetensors_file.hpp>
#include <lamina/io/save_options.hpp>
#include <lamina/io/save_safetensors.hpp>

#if LAMINA_BODIES
#include <lamina/io/safetensors_model.hpp>
#endif

#include <string>
#include <string_view>

namespace lamina::detail {

/// Files of tensors, for save() and load().
struct SafetensorsFormat {
    static constexpr std::string_view suffixes = ".safetensors";

    template <class T>
    static void save(ModelView<T> const& model, std::string const& path,
                     SaveOptions const& options);
    template <class T>
    static void load(ModelView<T> const& model, ModelTarget<T> const& to, std::string const& path,
                     LoadOptions const& options);
    static std::string attachment(std::string const& path, std::string_view name);
};
template <class Model>
SafetensorsFormat format_at(FormatSlot<0, Model>);

#if LAMINA_BODIES

template <class T>
[[gnu::cold]] void SafetensorsFormat::save(ModelView<T> const& model, std::string const& path,
                                           SaveOptions const& options) {
    write_safetensors(document_of(model), path, options);
}
template <class T>
[[gnu::cold]] void SafetensorsFormat::load(ModelView<T> const& model, ModelTarget<T> const& to,
                                           std::string const& path, LoadOptions const& options) {
    Document const wanted = document_of(model);
    Loaded loaded = SafetensorsLoader(wanted, path, options).load();
    assign(model, to, wanted, loaded);
}
[[gnu::cold]] LAMINA_INLINE std::string SafetensorsFormat::attachment(std::string const& path,
                                                                      std::string_view name) {
    SafetensorsFile const file(path);
    auto const* const text = file.metadata(message({attachment_prefix, name}));
    if (!text) refuse_attachment(path, name);
    return *text;
}

#endif
#ifdef LAMINA_SOURCE
LAMINA_COMPILE_FORMAT(SafetensorsFormat, float)
LAMINA_COMPILE_FORMAT(SafetensorsFormat, double)
#endif

} // namespace lamina::detail
