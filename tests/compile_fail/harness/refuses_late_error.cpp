// expect: said
// SPDX-License-Identifier: BSD-3-Clause
#ifdef SHOULD_FAIL
#pragma message("1")
#pragma message("2")
#pragma message("3")
#pragma message("4")
#pragma message("5")
#pragma message("6")
#pragma message("7")
#pragma message("8")
#pragma message("9")
#pragma message("10")
#pragma message("11")
#pragma message("12")
#pragma message("13")
#pragma message("14")
#pragma message("15")
#pragma message("16")
static_assert(false, "said");
#endif
