// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/error.hpp>

#include <string>

namespace lamina::testing {

/// What the Error says that f throws; empty if it throws none.
template <class F>
std::string complaint(F&& f) {
    try {
        f();
    } catch (Error const& error) {
        return error.what();
    }
    return "";
}

} // namespace lamina::testing
