// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/names.hpp>
#include <lamina/io/document.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace lamina {

/// Which module of a PyTorch state_dict each row of a model is.
///
/// A module is called by the layer's path: named<"encoder">(Dense<8>{}) is "encoder.weight". A
/// chain without names of its own is a Sequential, whose modules are numbers: "2.weight". Of a
/// file's numbers, perhaps behind a common prefix, those with weights are taken in their order,
/// whatever they are; what stands below a number is found by its path.
///
/// Recurrent layers of one size, one behind the other and without names of their own, are the
/// layers of one module: weight_ih_l0, weight_ih_l1; a file that has each in a module of its own is
/// read as well. What runs backwards in Bidirectional is weight_ih_l0_reverse.
/// Source: torch.nn.Module.state_dict, torch.nn.RNNBase
class TorchNames {
public:
    TorchNames() = default;
    /// As they are written.
    [[gnu::cold]] explicit TorchNames(Document const& document) {
        find_modules(document, nullptr);
        if (!document.sequential) return;
        for (std::size_t i = 1; i < document.layers.size(); ++i)
            if (!is_default(document.layers[i])) return;
        for (std::size_t i = 1; i < places_.size(); ++i)
            places_[i].module = std::to_string(places_[i].first - 1) + ".";
    }
    /// As they are read; `tensors`: the names in the file.
    [[gnu::cold]] TorchNames(std::vector<std::string_view> const& tensors,
                             Document const& document) {
        find_modules(document, &tensors);
        match_numbers(tensors, document);
    }

    /// "encoder." or "2."
    std::string const& module(std::size_t row) const { return places_[row].module; }
    /// "_l1_reverse"
    [[gnu::cold]] std::string suffix(std::size_t row) const {
        auto const& p = places_[row];
        return "_l" + std::to_string(p.level) + (p.reverse ? "_reverse" : "");
    }

private:
    struct Place {
        std::string module;
        std::size_t first = 0; // of the rows in the module
        std::size_t level = 0;
        bool reverse = false;
    };

    /// Is its name the one that it has without being given one?
    [[gnu::cold]] static bool is_default(LayerRecord const& row) {
        std::string const name = detail::snake_case(row.part.type);
        std::string_view rest = row.path;
        if (!rest.starts_with(name)) return false;
        rest.remove_prefix(name.size());
        return rest.empty() ||
               (rest[0] == '_' && rest.find_first_not_of("0123456789", 1) == rest.npos);
    }
    [[gnu::cold]] static std::string with_dots(std::string path) {
        std::replace(path.begin(), path.end(), '/', '.');
        return path + ".";
    }

    /// in_file: the tensors to find; null: they are written.
    [[gnu::cold]] void find_modules(Document const& document,
                                    std::vector<std::string_view> const* in_file) {
        auto const& rows = document.layers;
        places_.resize(rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            auto& place = places_[i];
            std::string path = rows[i].path;
            place.first = i;
            if (rows[i].part.find("return_sequences")) {
                bool const forward = path.ends_with("/forward"),
                           backward = path.ends_with("/backward");
                if (forward || backward) path.resize(path.rfind('/'));
                place.reverse = backward;
                std::size_t const below = layer_below(document, i), level = places_[below].level;
                std::string const first = rows[places_[below].first].path;
                if (below != i && (in_file ? has_level(*in_file, path, level + 1)
                                           : continues(first, path, forward || backward))) {
                    place.module = places_[below].module;
                    place.first = places_[below].first;
                    place.level = level + 1;
                    continue;
                }
            }
            place.module = with_dots(path);
        }
    }
    /// Has a file the layer with this number, and no module that is called as the row?
    [[gnu::cold]] static bool has_level(std::vector<std::string_view> const& tensors,
                                        std::string const& path, std::size_t level) {
        std::string const own = with_dots(path) + "weight_ih_l0",
                          end = "weight_ih_l" + std::to_string(level);
        bool found = false;
        for (auto const t : tensors) {
            if (t.ends_with(own)) return false;
            found = found || t.ends_with(end);
        }
        return found;
    }
    /// Is `path` the name of another layer in a stack whose first is called so: lstm, lstm_1?
    [[gnu::cold]] static bool continues(std::string first, std::string const& path, bool both) {
        if (both) first.resize(first.rfind('/'));
        auto const cut = [](std::string name) { // lstm for lstm_3
            auto const at = name.find_last_not_of("0123456789");
            if (at != name.npos && at + 1 < name.size() && name[at] == '_') name.resize(at);
            return name;
        };
        return first != path && cut(first) == cut(path);
    }
    /// The recurrent row that a recurrent row stands on, if they can be layers of one module.
    [[gnu::cold]] static std::size_t layer_below(Document const& document, std::size_t row) {
        auto const& rows = document.layers;
        std::size_t below = rows[row].inputs[0];
        while (rows[below].part.type.ends_with("Dropout") && !rows[below].inputs.empty())
            below = rows[below].inputs[0];
        bool const both = rows[below].part.type == "Concatenate";
        if (both) below = rows[below].inputs[0];
        auto const ends = [&](std::size_t i, char const* end) {
            return rows[i].path.ends_with(end);
        };
        auto const *const a = rows[below].part.find("units"), *const b =
                                                                  rows[row].part.find("units");
        bool const pair = ends(row, "/forward") || ends(row, "/backward");
        bool const alike = rows[below].part.type == rows[row].part.type && a && b && *a == *b &&
                           both == pair && both == ends(below, "/forward");
        return alike ? below : row;
    }

    /// Does the file call all modules as they are called here?
    [[gnu::cold]] bool has_all(std::vector<std::string_view> const& tensors,
                               Document const& document) const {
        for (std::size_t i = 0; i < places_.size(); ++i) {
            auto const& row = document.layers[i];
            auto const is_its = [&](std::string_view t) {
                return t.starts_with(places_[i].module);
            };
            if (!(row.parameters.empty() && row.state.empty()) &&
                std::none_of(tensors.begin(), tensors.end(), is_its))
                return false;
        }
        return true;
    }
    /// The file's modules may be the numbers of one Sequential.
    [[gnu::cold]] void match_numbers(std::vector<std::string_view> const& tensors,
                                     Document const& document) {
        if (tensors.empty() || has_all(tensors, document)) return;
        std::string_view prefix = tensors[0].substr(0, tensors[0].rfind('.') + 1);
        for (auto const t : tensors)
            while (!t.starts_with(prefix)) prefix = parent(prefix);
        long number = 0;
        if (std::string_view const last = prefix.substr(parent(prefix).size());
            read_number(last, number))
            prefix = parent(prefix); // one module alone
        std::vector<std::pair<long, std::string>> numbered;
        bool flat = true;
        for (auto const t : tensors) {
            std::string_view const rest = t.substr(prefix.size());
            std::string_view const head = rest.substr(0, rest.find('.') + 1);
            if (!read_number(head, number)) return;
            flat = flat && rest.find('.', head.size()) == rest.npos;
            numbered.emplace_back(number, std::string(prefix) + std::string(head));
        }
        std::sort(numbered.begin(), numbered.end());
        numbered.erase(std::unique(numbered.begin(), numbered.end()), numbered.end());
        std::vector<std::string> ours; // modules, or what stands at the top
        for (std::size_t i = 0; i < places_.size(); ++i) {
            auto const& row = document.layers[i];
            if (row.parameters.empty() && row.state.empty()) continue;
            std::string& module = places_[i].module;
            std::string const top = row.path.substr(0, row.path.find('/'));
            std::string const head = flat || !module.starts_with(top + ".") ? module : top + ".";
            auto const at = std::find(ours.begin(), ours.end(), head);
            std::size_t const k = std::size_t(at - ours.begin());
            if (at == ours.end()) ours.push_back(head);
            if (k < numbered.size()) module.replace(0, head.size(), numbered[k].second);
        }
    }
    /// "a." of "a.b."; "" of "a."
    static std::string_view parent(std::string_view module) {
        if (module.size() < 2) return {};
        return module.substr(0, module.rfind('.', module.size() - 2) + 1);
    }
    /// "12."
    [[gnu::cold]] static bool read_number(std::string_view text, long& to) {
        if (text.size() < 2) return false;
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size() - 1, to);
        return error == std::errc{} && end == text.data() + text.size() - 1;
    }

    std::vector<Place> places_;
};

} // namespace lamina
