// SPDX-License-Identifier: BSD-3-Clause
// Reads a data frame from an (unpacked) R data file on standard input and writes columns of it as
// CSV:
//
//     rda_to_csv feature1=Cl.thickness label=Class:malignant=positive:benign=negative
//
// gives the column Cl.thickness the name feature1, and the column Class the name label and other
// words (the word * stands for those not listed). A gap (NA) becomes an empty cell. Source of the
// format: "R Internals", section 1.8 (serialization formats), XDR form, versions 2 and 3.
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using Text = std::optional<std::string>;    // no value: NA

struct Object {
    std::vector<std::int32_t> integers;
    std::vector<double> reals;
    std::vector<Text> texts;
    std::vector<Object> elements;
    std::map<std::string, Object> attributes;
};

constexpr std::int32_t na_integer = std::numeric_limits<std::int32_t>::min();

class Reader {
public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}

    /// The objects that save() wrote, by name.
    std::map<std::string, Object> read() {
        auto const magic = take(7);
        if (magic != "RDX2\nX\n" && magic != "RDX3\nX\n") {
            throw std::runtime_error("this is not an R data file in XDR form");
        }
        auto const version = integer();
        integer();    // the R that wrote it
        integer();    // the R that may read it
        if (version == 3) take(size());    // the name of the native encoding
        return pairs(flags());
    }

private:
    enum : unsigned {
        symbol = 1, pairlist = 2, characters = 9, logical = 10, integers = 13, reals = 14,
        strings = 16, list = 19, null = 254, reference = 255
    };
    struct Flags {
        unsigned type;
        bool has_attributes, has_tag;
        std::uint32_t index;
    };

    std::string_view take(std::size_t n) {
        if (n > bytes_.size()) throw std::runtime_error("the file ends too early");
        auto const part = bytes_.substr(0, n);
        bytes_.remove_prefix(n);
        return part;
    }
    std::uint64_t big_endian(std::size_t n) {
        std::uint64_t value = 0;
        for (char const c : take(n)) value = value << 8 | static_cast<unsigned char>(c);
        return value;
    }
    std::int32_t integer() { return static_cast<std::int32_t>(big_endian(4)); }
    std::size_t size() {
        auto const n = integer();
        if (n < 0) throw std::runtime_error("a vector of more than 2^31 elements");
        return static_cast<std::size_t>(n);
    }
    Flags flags() {
        auto const f = static_cast<std::uint32_t>(integer());
        return {f & 0xff, (f >> 9 & 1) != 0, (f >> 10 & 1) != 0, f >> 8};
    }

    Text text() {
        if (flags().type != characters) throw std::runtime_error("expected a string");
        auto const n = integer();
        if (n == -1) return std::nullopt;
        if (n < 0) throw std::runtime_error("a string of negative length");
        return std::string(take(static_cast<std::size_t>(n)));
    }
    std::string name() {
        auto const f = flags();
        if (f.type == symbol) {
            symbols_.push_back(text().value_or("NA"));
            return symbols_.back();
        }
        if (f.type != reference) throw std::runtime_error("expected a name");
        auto const index = f.index != 0 ? f.index : static_cast<std::uint32_t>(integer());
        if (index == 0 || index > symbols_.size()) throw std::runtime_error("an unknown name");
        return symbols_[index - 1];
    }
    std::map<std::string, Object> pairs(Flags f) {
        std::map<std::string, Object> result;
        for (; f.type == pairlist; f = flags()) {
            if (f.has_attributes) object();
            auto const key = f.has_tag ? name() : std::string();
            result[key] = object();
        }
        if (f.type != null) throw std::runtime_error("expected the end of a list");
        return result;
    }

    Object object() {
        // Vectors lie in attributes of vectors, a few deep; more is no data frame.
        if (++depth_ > 64) throw std::runtime_error("objects nested too deeply");
        auto const f = flags();
        Object result;
        auto const fill = [&](auto& values, auto next) {
            auto const n = size();
            if (n > bytes_.size()) throw std::runtime_error("the file ends too early");
            for (std::size_t i = 0; i < n; ++i) values.push_back(next());
        };
        switch (f.type) {
        case null: break;
        case logical:
        case integers: fill(result.integers, [&] { return integer(); }); break;
        case reals: fill(result.reals, [&] { return std::bit_cast<double>(big_endian(8)); }); break;
        case strings: fill(result.texts, [&] { return text(); }); break;
        case list: fill(result.elements, [&] { return object(); }); break;
        default:
            throw std::runtime_error("objects of type " + std::to_string(f.type) +
                                     " are not part of a plain data frame");
        }
        if (f.has_attributes) result.attributes = pairs(flags());
        --depth_;
        return result;
    }

    std::string_view bytes_;
    std::vector<std::string> symbols_;
    int depth_ = 0;
};

/// The cells of a column as text; factors by their levels.
std::vector<Text> cells(Object const& column) {
    if (!column.texts.empty()) return column.texts;
    std::vector<Text> result;
    auto const levels = column.attributes.find("levels");
    for (auto const i : column.integers) {
        if (i == na_integer) {
            result.emplace_back();
        } else if (levels == column.attributes.end()) {
            result.emplace_back(std::to_string(i));
        } else {
            result.push_back(levels->second.texts.at(static_cast<std::size_t>(i) - 1));
        }
    }
    for (auto const x : column.reals) {
        std::array<char, 32> digits{};    // the shortest that reads back as x
        auto const end = std::to_chars(digits.begin(), digits.end(), x).ptr;
        result.push_back(std::isnan(x) ? Text() : std::string(digits.begin(), end));
    }
    return result;
}

/// The part of `text` before `end`; it is removed from `text` with `end`.
std::string_view split(std::string_view& text, char end) {
    auto const part = text.substr(0, text.find(end));
    text.remove_prefix(part.size() == text.size() ? part.size() : part.size() + 1);
    return part;
}

void write_cell(std::string const& cell) {
    if (cell.find_first_of(",\"\r\n") == std::string::npos) {
        std::cout << cell;
        return;
    }
    std::cout << '"';
    for (char const c : cell) std::cout << (c == '"' ? "\"\"" : std::string(1, c));
    std::cout << '"';
}

void convert(std::vector<std::string_view> const& arguments) {
    std::string const bytes(std::istreambuf_iterator<char>(std::cin), {});
    auto const objects = Reader(bytes).read();
    if (objects.size() != 1) throw std::runtime_error("expected a file with one data frame");
    auto const& frame = objects.begin()->second;
    auto const& names = frame.attributes.at("names").texts;

    std::vector<std::vector<Text>> columns;
    for (auto argument : arguments) {
        auto const to = split(argument, '=');
        auto const from = split(argument, ':');
        std::map<std::string, std::string, std::less<>> words;
        while (!argument.empty()) {
            auto word = split(argument, ':');
            auto const key = split(word, '=');
            words.emplace(key, word);
        }
        std::size_t i = 0;
        while (i < names.size() && names[i] != from) ++i;
        if (i >= frame.elements.size()) {
            throw std::runtime_error("no column " + std::string(from));
        }
        columns.push_back(cells(frame.elements[i]));
        for (auto& cell : columns.back()) {
            if (!cell || words.empty()) continue;
            auto const word = words.find(*cell);
            cell = word != words.end() ? word->second : words.at("*");
        }
        if (columns.back().size() != columns.front().size()) {
            throw std::runtime_error("columns of different lengths");
        }
        std::cout << (columns.size() > 1 ? "," : "") << to;
    }
    std::cout << '\n';
    for (std::size_t row = 0; row < columns.at(0).size(); ++row) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (i > 0) std::cout << ',';
            write_cell(columns[i][row].value_or(""));
        }
        std::cout << '\n';
    }
    if (!std::cout.flush()) throw std::runtime_error("writing failed");
}

} // namespace

int main(int argc, char** argv) {
    try {
        convert({argv + 1, argv + argc});
    } catch (std::exception const& e) {
        std::cerr << "rda_to_csv: " << e.what() << '\n';
        return 1;
    }
}
