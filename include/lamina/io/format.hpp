// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/io/model_view.hpp>
#include <lamina/io/save_options.hpp>
#include <lamina/io/words.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace lamina::detail {

// The formats of a program are those whose headers it includes, without a registry. Each format
// header declares a function format_at for a number of its own, and a call of save() or load() asks
// for the numbers one by one, through argument-dependent lookup at the place of the call. The
// answers become a template argument: so a source file with other headers instantiates another
// function, and the one-definition rule holds. A function template of one's own that calls save()
// should include the formats that it needs, for the same reason.
template <int Number, class Model>
struct FormatSlot {};
struct NoFormat {};
NoFormat format_at(...);
template <class... F>
struct FormatList {};

/// The formats at hand where it is written.
#define LAMINA_FORMATS_OF(Model)                                                                   \
    ::lamina::detail::FormatList<decltype(format_at(::lamina::detail::FormatSlot<0, Model>{})),    \
                                 decltype(format_at(::lamina::detail::FormatSlot<1, Model>{})),    \
                                 decltype(format_at(::lamina::detail::FormatSlot<2, Model>{})),    \
                                 decltype(format_at(::lamina::detail::FormatSlot<3, Model>{}))>

/// Does the path end so, in capitals or not?
bool has_suffix(std::string_view path, std::string_view suffix);
/// The same for a list of suffixes, parted by spaces.
bool has_suffix_of(std::string_view path, std::string_view suffixes);
[[noreturn]] void refuse_attachment(std::string const& path, std::string_view name);
[[noreturn]] void refuse_suffix(std::string const& path);

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE bool has_suffix(std::string_view path, std::string_view suffix) {
    if (path.size() < suffix.size()) return false;
    path.remove_prefix(path.size() - suffix.size());
    for (std::size_t i = 0; i < path.size(); ++i) {
        char const c = path[i];
        if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != suffix[i]) return false;
    }
    return true;
}

[[gnu::cold]] LAMINA_INLINE bool has_suffix_of(std::string_view path, std::string_view suffixes) {
    while (!suffixes.empty())
        if (has_suffix(path, take_word(suffixes))) return true;
    return false;
}

[[noreturn, gnu::cold]] LAMINA_INLINE void refuse_attachment(std::string const& path,
                                                             std::string_view name) {
    fail(Error::Kind::data, {path},
         {"has no attachment \"", name, "\". Give it to save(): {.attachments = {{\"", name,
          "\", text}}}."});
}

[[noreturn, gnu::cold]] LAMINA_INLINE void refuse_suffix(std::string const& path) {
    // what a program must include and link to have a format
    for (std::string_view known = ".safetensors lamina/io/safetensors.hpp lamina::safetensors\n"
                                  ".h5 lamina/io/keras_hdf5.hpp lamina::hdf5\n"
                                  ".hdf5 lamina/io/keras_hdf5.hpp lamina::hdf5\n"
                                  ".keras lamina/io/keras_hdf5.hpp lamina::hdf5";
         !known.empty();) {
        auto row = take_word(known, '\n');
        auto const suffix = take_word(row), header = take_word(row);
        if (has_suffix(path, suffix))
            fail(Error::Kind::argument, {path},
                 {"this part of the program cannot read or write ", suffix,
                  " files. Write #include <", header,
                  "> where save() or load() is called, and link ", row, "."});
    }
    if (has_suffix_of(path, ".pt .pth .bin .ckpt"))
        fail(Error::Kind::argument, {path},
             {"PyTorch's pickles are neither read nor written. In Python, safetensors.torch has "
              "save_file(state_dict, \"model.safetensors\") and load_file(); load() and save() it "
              "here with {.names = Names::torch}."});
    fail(Error::Kind::argument, {path},
         {"its suffix says no known format. Call it .safetensors or .h5."});
}

#endif

template <class F>
bool is_for(std::string_view path) {
    if constexpr (std::is_same_v<F, NoFormat>) return false;
    else return has_suffix_of(path, F::suffixes);
}
/// f(format) with the format that the path's suffix says; refuses a suffix of none at hand.
template <class... F>
void with_format_of(FormatList<F...>, std::string const& path, auto const& f) {
    auto const one = [&]<class G>(std::type_identity<G>) {
        if constexpr (!std::is_same_v<G, NoFormat>)
            if (is_for<G>(path)) return f(G{}), true;
        return false;
    };
    if (!(one(std::type_identity<F>{}) || ...)) refuse_suffix(path);
}

#ifdef LAMINA_SOURCE
#define LAMINA_COMPILE_FORMAT(Format, T)                                                           \
    template void Format::save(ModelView<T> const&, std::string const&, SaveOptions const&);       \
    template void Format::load(ModelView<T> const&, ModelTarget<T> const&, std::string const&,     \
                               LoadOptions const&);
#endif

/// Refuses a path before there is anything to save.
template <class... F>
void check_suffix(FormatList<F...>, std::string const& path) {
    if (!(is_for<F>(path) || ...)) refuse_suffix(path);
}
template <class Formats, class T>
void save_view(Formats formats, ModelView<T> const& model, std::string const& path,
               SaveOptions const& options) {
    with_format_of(formats, path, [&](auto format) { format.save(model, path, options); });
}
template <class Formats, class T>
void load_view(Formats formats, ModelView<T> const& model, ModelTarget<T> const& to,
               std::string const& path, LoadOptions const& options) {
    with_format_of(formats, path, [&](auto format) { format.load(model, to, path, options); });
}
template <class Formats>
std::string read_attachment_of(Formats formats, std::string const& path, std::string_view name) {
    std::string text;
    with_format_of(formats, path, [&](auto format) { text = format.attachment(path, name); });
    return text;
}

} // namespace lamina::detail
