// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

// The golden cases: numbers that PyTorch computed in double precision, one file for each case and a
// manifest that says what was called. `float32_error` is how far PyTorch's own float differs.
//
//     golden::Case const gelu("act_gelu_erf");
//     gelu["in/x"].shape, gelu["in/x"].values, gelu.number("alpha")
namespace golden {

struct Array {
    std::vector<std::size_t> shape;
    std::vector<double> values;   // whole numbers and truth values too

    std::size_t size() const { return values.size(); }
    double const* data() const { return values.data(); }
    double operator[](std::size_t i) const { return values[i]; }
    template <class T>
    std::vector<T> as() const {
        std::vector<T> v;
        v.reserve(values.size());
        for (double x : values) v.push_back(static_cast<T>(x));
        return v;
    }
};

struct Case {
    std::string name, op;
    std::map<std::string, Array> arrays;          // "in/x", "param/weight", "out/y", "gout/y", ...
    std::map<std::string, double> float32_error;  // max-norm, by key

    explicit Case(std::string const& case_name);

    Array const& operator[](std::string const& key) const;
    bool has(std::string const& key) const;

    /// An argument of the PyTorch call; a truth value is 1 or 0. Without `otherwise` one that is
    /// not there is an error.
    double number(std::string const& argument, std::optional<double> otherwise = {}) const;

private:
    void read();
};

/// The names of all cases that begin so.
std::vector<std::string> cases(std::string const& prefix);

} // namespace golden
