// expect: Dense<[a; b]> takes vectors (not 2 + 2 images); $x stays, [x] too.
// SPDX-License-Identifier: BSD-3-Clause
#ifdef SHOULD_FAIL
static_assert(false, "Dense<[a; b]> takes vectors (not 2 + 2 images); $x stays, [x] too.");
#endif
