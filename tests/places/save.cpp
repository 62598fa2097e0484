// SPDX-License-Identifier: BSD-3-Clause
// save FULL READ_ONLY: for scripts/check-places. FULL is a folder with room for 1 MiB, READ_ONLY
// one on which nothing can be written, with the file that FULL had.
#include <lamina/io/safetensors.hpp>

#include "support/fault_folder.hpp"

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

int failures = 0;

void check(bool holds, char const* what, std::string const& said = {}) {
    failures += !holds;
    std::printf("%-64s %s\n", what, holds ? "right" : ("WRONG " + said).c_str());
}
std::size_t entries(std::string const& folder) {
    auto const all = std::filesystem::directory_iterator(folder);
    return std::size_t(std::distance(begin(all), end(all)));
}

} // namespace

int main(int, char** argv) {
    std::string const full = std::string(argv[1]) + "/m.safetensors",
                      fixed = std::string(argv[2]) + "/m.safetensors";
    std::vector<float> const small(1000, 2), large(1'000'000, 1);
    std::vector<Entry> const one{Entry::of("w", small)}, other{Entry::of("w", large)};
    auto const first = [&](std::string const& path) {
        return SafetensorsFile(path).find("w")->values<float>()[0];
    };
    save_safetensors(full, one);
    for (int i = 0; i < 3; ++i) {
        auto const said = message_of<Error>([&] { save_safetensors(full, other); });
        check(said.starts_with(full + ": cannot be saved: No space left on device (needed 4000"),
              "a disk that is full: said, with what was needed", said);
        check(said.ends_with("The previous file is untouched."), "the state is said", said);
    }
    check(first(full) == 2, "the file before is read");
    check(entries(argv[1]) == 1, "nothing else is left");
    save_safetensors(full, one);
    check(first(full) == 2, "what has room is saved");

    check(first(fixed) == 2, "a read-only place is read");
    auto const said = message_of<Error>([&] { save_safetensors(fixed, one); });
    check(said.starts_with(fixed + ": cannot be saved: Read-only file system"),
          "and not written: said", said);
    check(first(fixed) == 2 && entries(argv[2]) == 1, "the file is as it was");
    return failures != 0;
}
