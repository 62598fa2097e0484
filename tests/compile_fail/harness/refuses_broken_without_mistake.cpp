// expect: said
// SPDX-License-Identifier: BSD-3-Clause
#ifdef SHOULD_FAIL
static_assert(false, "said");
#else
int x = nowhere;
#endif
