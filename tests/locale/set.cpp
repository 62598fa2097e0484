// SPDX-License-Identifier: BSD-3-Clause
// Linked to tests by scripts/check-locales: before any of them runs, the locale that LC_ALL names
// becomes C's, C++'s or both, as LAMINA_LOCALE says.
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <locale>
#include <sstream>
#include <string_view>

namespace {

bool const set = [] {
    char const* const which = std::getenv("LAMINA_LOCALE");
    std::string_view const chosen = which ? which : "";
    bool const c = chosen == "c" || chosen == "both", cpp = chosen == "cpp" || chosen == "both";
    bool right = true;
    if (cpp) {
        std::locale::global(std::locale(""));
        if (!c) std::setlocale(LC_ALL, "C"); // global() sets that too
        std::ostringstream text;
        text << 1234.5;
        right = text.str() == "1.234,5";
    }
    if (c) right = right && std::setlocale(LC_ALL, "") && std::strtod("1,5", nullptr) == 1.5;
    if (right) return true;
    std::fputs("the locale does not write a comma\n", stderr);
    std::_Exit(1);
}();

} // namespace
