// expect: said
// SPDX-License-Identifier: BSD-3-Clause
#ifdef SHOULD_FAIL
static_assert(false, "said");
int x = nowhere;
#endif
