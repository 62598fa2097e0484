// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace lamina::testing {

/// Says that the test case cannot run here, and why; return right after it, at most once a case.
/// An executable whose cases were all skipped is reported by ctest as skipped, not as passed.
void skip(char const* reason);

} // namespace lamina::testing
