// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// .safetensors files, for save() and load() and tensor by tensor. A program that includes this
// header links lamina::safetensors.

#include <lamina/core/compilation.hpp>
#include <lamina/core/span.hpp>
#include <lamina/io/format.hpp>
#include <lamina/io/model_view.hpp>
#include <lamina/io/safetensors_file.hpp>
#include <lamina/io/save_options.hpp>
#include <lamina/io/save_safetensors.hpp>

#if LAMINA_BODIES
#include <lamina/io/safetensors_model.hpp>
#endif

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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
    template <class T>
    static std::vector<std::byte> to_bytes(ModelView<T> const& model, SaveOptions const& options);
    template <class T>
    static void from_bytes(ModelView<T> const& model, ModelTarget<T> const& to,
                           Span<std::byte const> bytes, LoadOptions const& options);
};
template <class Model>
SafetensorsFormat format_at(FormatSlot<0, Model>);

#if LAMINA_BODIES

template <class T>
[[gnu::cold]] void SafetensorsFormat::save(ModelView<T> const& model, std::string const& path,
                                           SaveOptions const& options) {
    write_safetensors(
        document_of(model), path, options,
        [&](auto const& entries, auto const& with) { save_safetensors(path, entries, with); });
}
template <class T>
[[gnu::cold]] std::vector<std::byte> SafetensorsFormat::to_bytes(ModelView<T> const& model,
                                                                 SaveOptions const& options) {
    std::vector<std::byte> out;
    std::string const name = "to_bytes";
    write_safetensors(document_of(model), name, options,
                      [&](auto const& entries, auto const& with) {
                          put_safetensors(name, entries, with, [&](std::uint64_t size) {
                              out.reserve(std::size_t(size));
                              return WrittenBytes{out};
                          });
                      });
    return out;
}
template <class T>
[[gnu::cold]] void SafetensorsFormat::load(ModelView<T> const& model, ModelTarget<T> const& to,
                                           std::string const& path, LoadOptions const& options) {
    Document const wanted = document_of(model);
    Loaded loaded = SafetensorsLoader(wanted, SafetensorsFile(path), options).load();
    assign(model, to, wanted, loaded);
}
template <class T>
[[gnu::cold]] void
SafetensorsFormat::from_bytes(ModelView<T> const& model, ModelTarget<T> const& to,
                              Span<std::byte const> bytes, LoadOptions const& options) {
    Document const wanted = document_of(model);
    Loaded loaded = SafetensorsLoader(wanted, SafetensorsFile(bytes, "from_bytes"), options).load();
    assign(model, to, wanted, loaded);
}
[[gnu::cold]] LAMINA_INLINE std::string SafetensorsFormat::attachment(std::string const& path,
                                                                      std::string_view name) {
    SafetensorsFile const file(path);
    if (auto text = attachment_place(name).find(file)) return *std::move(text);
    refuse_attachment(path, name);
}

#endif
#ifdef LAMINA_SOURCE
LAMINA_COMPILE_FORMAT(SafetensorsFormat, float)
LAMINA_COMPILE_FORMAT(SafetensorsFormat, double)
#define LAMINA_COMPILE_BYTES(T)                                                                    \
    template std::vector<std::byte> SafetensorsFormat::to_bytes(ModelView<T> const&,               \
                                                                SaveOptions const&);               \
    template void SafetensorsFormat::from_bytes(ModelView<T> const&, ModelTarget<T> const&,        \
                                                Span<std::byte const>, LoadOptions const&)
LAMINA_COMPILE_BYTES(float);
LAMINA_COMPILE_BYTES(double);
#undef LAMINA_COMPILE_BYTES
#endif

} // namespace lamina::detail

namespace lamina {

/// What save() would write into a .safetensors file, in memory: for a message, a database, a
/// program that carries its model.
template <class Model>
std::vector<std::byte> to_bytes(Model const& model, SaveOptions const& options = {}) {
    auto const parts = detail::parts_of(model);
    return detail::SafetensorsFormat::to_bytes(detail::view_of(model, parts.data()), options);
}

/// Loads what to_bytes() gave, or a .safetensors file that lies in memory, as load() does a file:
///
///     from_bytes(model, std::as_bytes(std::span(array_in_the_program)));
///
/// Errors      (run time) Kind::data: they are damaged or do not fit; Kind::numeric: they hold NaN
///             or infinity. Nothing is changed then
template <class Model>
void from_bytes(Model& model, Span<std::byte const> bytes, LoadOptions const& options = {}) {
    auto const parts = detail::parts_of(model);
    detail::SafetensorsFormat::from_bytes(detail::view_of(model, parts.data()),
                                          detail::target_of(model), bytes, options);
}

} // namespace lamina
