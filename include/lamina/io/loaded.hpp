// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/shown.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lamina {

/// What a format read for a document, before anything of the model is changed: numbers for each
/// tensor, in the document's order and type.
class Loaded {
public:
    /// Room for one tensor's numbers.
    struct Numbers {
        std::unique_ptr<std::byte[]> bytes; // null: the file does not have it
        std::byte* make(Entry const& e) {
            bytes.reset(new std::byte[e.bytes()]);
            return bytes.get();
        }
    };
    detail::List<Numbers> parameters, state, slots; // slots is empty where the file has none
    detail::List<Counter> counters;
    std::optional<Scaling> scaling;

    [[gnu::cold]] explicit Loaded(Document const& wanted) {
        parameters.resize(wanted.parameters.size());
        state.resize(wanted.state.size());
    }
};

/// Gathers every difference between a file and a model, to say them all at once.
class Differences {
public:
    /// by_name: whether tensors are found by their names, and not by their order.
    Differences(std::string path, bool by_name) : path_(std::move(path)), by_name_(by_name) {}

    [[gnu::cold]] void add(std::initializer_list<detail::Piece> text) {
        texts_ += detail::message(text);
        texts_ += "; ";
    }
    [[gnu::cold]] void missing(std::string const& name) { // said once
        for (auto const& other : missing_)
            if (other == name) return;
        missing_.push_back(name);
    }
    [[gnu::cold]] void extra(std::string const& name) { extra_.push_back(name); }
    /// Has the file's tensor the model's shape?
    [[gnu::cold]] bool shape(std::string const& name, std::vector<std::uint64_t> const& found,
                             DType type, std::string const& whose,
                             std::vector<std::uint64_t> const& wanted) {
        if (found == wanted) return true;
        add({detail::shown(name), " is ", detail::shown_shape(found), " ", name_of(type),
             ", model ", whose, " needs ", detail::shown_shape(wanted)});
        return false;
    }
    bool any() const { return !texts_.empty() || !missing_.empty() || !extra_.empty(); }

    /// Error with all of them, if there are any.
    [[gnu::cold]] void throw_if_any() const {
        if (!any()) return;
        detail::fail(Error::Kind::data, {path_},
                     {texts_, missing_.size(), " missing", list(missing_), ", ", extra_.size(),
                      " extra", list(extra_), ". Nothing was loaded.", cure()});
    }

private:
    [[gnu::cold]] char const* cure() const {
        if (!by_name_ || !texts_.empty())
            return " For a part of it, load a model like the one that was saved, and transfer() "
                   "from that.";
        if (!missing_.empty() && missing_[0].find('/') != std::string::npos) // lamina's own name
            for (auto const& name : extra_)
                if (name.ends_with(".weight") || name.ends_with("weight_hh_l0"))
                    return " Are they PyTorch's names? load(model, path, {.names = Names::torch}) "
                           "reads those.";
        if (!missing_.empty() && !extra_.empty())
            return " Are they the same under other names? named<\"encoder\">(layer) calls a layer "
                   "as the file does. For what both have: "
                   "{.optimizer = false, .allow_extra = true, .allow_missing = true}.";
        return missing_.empty() ? " {.allow_extra = true} leaves them aside."
                                : " {.allow_missing = true} keeps the model's own.";
    }
    [[gnu::cold]] static std::string list(detail::List<std::string> const& names) {
        std::string out;
        for (auto const& n : names)
            detail::append(out, {out.empty() ? " (" : ", ", detail::shown(n)});
        if (!out.empty()) out += ')';
        return out;
    }
    std::string path_, texts_;
    bool by_name_;
    detail::List<std::string> missing_, extra_;
};

/// Refuses tensors with NaN or infinite numbers, by their bits: -ffast-math changes nothing.
[[gnu::cold]] inline void require_finite(std::string const& path, Entry const& e,
                                         std::byte const* bytes) {
    auto const check = [&]<class Bits>(Bits exponent) {
        for (std::size_t i = 0; i < e.size(); ++i) {
            Bits bits;
            std::memcpy(&bits, bytes + i * sizeof bits, sizeof bits);
            if ((bits & exponent) == exponent)
                detail::fail(Error::Kind::numeric, {path},
                             {"tensor ", detail::shown(e.name),
                              " holds NaN or infinity at its number ", i, ". Nothing was loaded."});
        }
    };
    if (e.dtype == DType::f32) check(std::uint32_t{0x7f800000u});
    if (e.dtype == DType::f64) check(std::uint64_t{0x7ff0000000000000u});
}

} // namespace lamina
