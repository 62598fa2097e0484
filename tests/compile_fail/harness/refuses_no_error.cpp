// expect: never said
// SPDX-License-Identifier: BSD-3-Clause
int x;
