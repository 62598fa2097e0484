// expect: Dense<[a; b]> takes "vectors" (not 2 + 2 \ images).
// SPDX-License-Identifier: BSD-3-Clause
#ifdef SHOULD_FAIL
static_assert(false, R"(Dense<[a; b]> takes "vectors" (not 2 + 2 \ images).)");
#endif
