// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/error.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/loaded.hpp>
#include <lamina/io/shown.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>

namespace lamina {

/// What goes into a file beside the weights.
struct SaveOptions {
    bool optimizer = true;   ///< its state and how far training has come, to go on from there
};

/// Whose names and layouts the tensors of a .safetensors file have.
enum class Names {
    lamina,   ///< "dense_1/kernel", as save() writes them
    torch     ///< a PyTorch state_dict: "2.weight" with its axes exchanged, "3.running_mean"
};

/// What is taken from a file, and what it must be like.
struct LoadOptions {
    bool optimizer = true;        ///< take the optimizer's state and the progress, if it has them
    bool require_finite = true;   ///< refuse weights with NaN or infinity
    bool allow_extra = false;     ///< leave tensors aside that the model does not have
    bool allow_missing = false;   ///< keep the model's numbers where the file has none
    Names names = Names::lamina;
};

namespace detail {

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

/// What a program must do to have a format.
struct KnownFormat {
    std::string_view suffix, header, target;
};
inline constexpr std::array known_formats{
    KnownFormat{".safetensors", "lamina/io/safetensors.hpp", "lamina::safetensors"},
    KnownFormat{".h5", "lamina/io/keras_hdf5.hpp", "lamina::hdf5"},
    KnownFormat{".hdf5", "lamina/io/keras_hdf5.hpp", "lamina::hdf5"}};

inline std::string suffix_of(std::string const& path) {
    auto const dot = path.rfind('.'), slash = path.rfind('/');
    if (dot == path.npos || (slash != path.npos && dot < slash)) return {};
    std::string suffix = path.substr(dot);
    for (char& c : suffix)
        if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
    return suffix;
}

[[noreturn]] inline void refuse_suffix(std::string const& path) {
    std::string const suffix = suffix_of(path);
    for (auto const& f : known_formats)
        if (f.suffix == suffix)
            throw Error(Error::Kind::argument, path,
                        "this part of the program cannot read or write " + suffix +
                            " files. Write #include <" + std::string(f.header) +
                            "> where save() or load() is called, and link " +
                            std::string(f.target) + ".");
    throw Error(Error::Kind::argument, path,
                "is of a kind that is not known by its suffix" +
                    (suffix.empty() ? std::string() : " " + shown(suffix)) +
                    ". Call it .safetensors or .h5.");
}

template <class F>
bool is_of(std::string const& suffix) {
    return std::find(std::begin(F::suffixes), std::end(F::suffixes), suffix) !=
           std::end(F::suffixes);
}
/// Refuses a path before there is anything to save.
template <class... F>
void check_suffix(FormatList<F...>, std::string const& path) {
    std::string const suffix = suffix_of(path);
    auto const is = [&]<class G>(std::type_identity<G>) {
        if constexpr (std::is_same_v<G, NoFormat>) return false;
        else return is_of<G>(suffix);
    };
    if (!(is(std::type_identity<F>{}) || ...)) refuse_suffix(path);
}

template <class F>
bool save_as(Document const& document, std::string const& path, std::string const& suffix,
             SaveOptions const& options) {
    if constexpr (!std::is_same_v<F, NoFormat>) {
        if (is_of<F>(suffix)) return F::save(document, path, options), true;
    }
    return false;
}
template <class F>
bool load_as(Document const& wanted, std::string const& path, std::string const& suffix,
             LoadOptions const& options, Loaded& to) {
    if constexpr (!std::is_same_v<F, NoFormat>) {
        if (is_of<F>(suffix)) return to = F::load(wanted, path, options), true;
    }
    return false;
}

template <class... F>
void save_document(FormatList<F...>, Document const& document, std::string const& path,
                   SaveOptions const& options) {
    std::string const suffix = suffix_of(path);
    if (!(save_as<F>(document, path, suffix, options) || ...)) refuse_suffix(path);
}
template <class... F>
Loaded load_document(FormatList<F...>, Document const& wanted, std::string const& path,
                     LoadOptions const& options) {
    std::string const suffix = suffix_of(path);
    Loaded loaded(wanted);
    if (!(load_as<F>(wanted, path, suffix, options, loaded) || ...)) refuse_suffix(path);
    return loaded;
}

} // namespace detail
} // namespace lamina
