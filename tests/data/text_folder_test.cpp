// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/text_folder.hpp>

#include <lamina/core/error.hpp>
#include <lamina/data/file.hpp>

#include <doctest/doctest.h>

#include "support/complaint.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

using namespace lamina;
using testing::complaint;
namespace fs = std::filesystem;

namespace {

using Strings = std::vector<std::string>;

struct Folder {
    std::string path = (fs::temp_directory_path() / "lamina_text_folder").string();
    Folder() {
        fs::remove_all(path);
        fs::create_directory(path);
    }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    ~Folder() { fs::remove_all(path); }
    void put(char const* name, std::string_view text) const {
        fs::create_directories(fs::path(path + "/" + name).parent_path());
        detail::write_file(path + "/" + name, text);
    }
};

} // namespace

TEST_CASE("A folder for each class, a file for each text") {
    Folder const folder;
    folder.put("pos/10.txt", "ten");
    folder.put("pos/2.txt", "two\n");
    folder.put("pos/more/1.txt", "one");
    folder.put("pos/notes.md", "no text");
    folder.put("pos/.hidden.txt", "hidden");
    folder.put("neg/a.txt", "");
    folder.put("unsup/x.txt", "x");
    folder.put(".git/config.txt", "no class");
    folder.put("README.txt", "no class either");
    fs::create_directory_symlink(folder.path, folder.path + "/pos/circle");
    fs::create_symlink("nowhere", folder.path + "/pos/gone.txt");

    LabelledTexts const all = read_text_folder(folder.path);
    CHECK(all.classes == Strings{"neg", "pos", "unsup"});
    CHECK(all.texts == Strings{"", "ten", "two\n", "one", "x"});
    CHECK(all.labels == std::vector<std::int32_t>{0, 1, 1, 1, 2});
    LabelledTexts const two = read_text_folder(folder.path, {.classes = {"pos", "neg"}});
    CHECK(two.texts == Strings{"ten", "two\n", "one", ""});
    CHECK(two.labels == std::vector<std::int32_t>{0, 0, 0, 1});
    CHECK(read_text_folder(folder.path, {.suffixes = {".md"}, .classes = {"pos"}}).texts ==
          Strings{"no text"});

    CHECK(complaint([&] {
              read_text_folder(folder.path, {.suffixes = {".md", ".rst"}});
          }) == folder.path + "/neg: there are no texts in it (files that end with .md .rst). Set "
                              ".suffixes, or name the classes in .classes.");
    CHECK(complaint([&] { read_text_folder(folder.path + "/none"); }) ==
          folder.path + "/none: cannot read the folder: No such file or directory.");
    CHECK(complaint([&] {
              read_text_folder(folder.path, {.classes = {"x"}});
          }).find("cannot read the folder") != std::string::npos);
    CHECK(complaint([&] { read_text_folder(folder.path + "/neg"); }) ==
          folder.path + "/neg: there are no folders in it. Each class has one with its texts.");
}

TEST_CASE("A file with a text on each line") {
    Folder const folder;
    folder.put("lines", "a b\r\n\nc");
    CHECK(read_text_lines(folder.path + "/lines") == Strings{"a b", "", "c"});
    folder.put("empty", "");
    CHECK(read_text_lines(folder.path + "/empty").empty());
    CHECK(complaint([&] { read_text_lines(folder.path); }).find("a folder, not a file") !=
          std::string::npos);
}
