// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/data/labelled_texts.hpp>

#if LAMINA_BODIES
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/file.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <string_view>

#include <sys/stat.h>
#include <dirent.h>
#endif

#include <cstdint>
#include <string>
#include <vector>

namespace lamina {

struct TextFolderOptions {
    /// How the names of files end that are texts.
    std::vector<std::string> suffixes = {".txt"};
    /// The classes' folders, in this order. Empty: every folder there is, in alphabetical order.
    std::vector<std::string> classes = {};
};

/// Reads a folder with a folder for each class and a file for each text (aclImdb/train has pos and
/// neg): the folder's name is the class. Folders within a class's folder are read too. Names are
/// in alphabetical order (of their bytes), so that every machine gives the same order; names that
/// begin with a point are left out.
///
///     auto [train, validation] = read_text_folder("aclImdb/train", {.classes = {"neg", "pos"}})
///                                    .split({.test = 0.2f, .seed = 42});
///
/// Errors      (run time) Kind::file: a folder or file cannot be read; Kind::data: there is no
///             class's folder, or one without a text
/// Source      keras.utils.text_dataset_from_directory
LabelledTexts read_text_folder(std::string const& path, TextFolderOptions const& options = {});

/// The lines of a file, each a text. Lines may end with CR LF; empty ones are texts too.
std::vector<std::string> read_text_lines(std::string const& path);

#if LAMINA_BODIES

namespace detail {

struct FolderEntries {
    std::vector<std::string> folders, files; // in alphabetical order
};

/// What is in a folder. Links to files are files; links to folders are folders if `follow`, and
/// otherwise left out, so that no circle is walked.
[[gnu::cold]] LAMINA_INLINE FolderEntries list_folder(std::string const& path, bool follow) {
    struct Close {
        void operator()(DIR* d) const { ::closedir(d); }
    };
    std::unique_ptr<DIR, Close> const folder(::opendir(path.c_str()));
    if (!folder) fail_errno(path, "cannot read the folder", errno);
    FolderEntries out;
    for (errno = 0; dirent const* const entry = ::readdir(folder.get()); errno = 0) {
        std::string name = entry->d_name;
        if (name.starts_with('.')) continue;
        std::string const full = path + "/" + name;
        struct stat status, link;
        if (::stat(full.c_str(), &status) != 0 || ::lstat(full.c_str(), &link) != 0)
            continue; // a link that leads nowhere, or what was removed meanwhile
        if (S_ISREG(status.st_mode)) out.files.push_back(std::move(name));
        else if (S_ISDIR(status.st_mode) && (follow || !S_ISLNK(link.st_mode)))
            out.folders.push_back(std::move(name));
    }
    if (errno != 0) fail_errno(path, "cannot read the folder", errno);
    std::sort(out.folders.begin(), out.folders.end());
    std::sort(out.files.begin(), out.files.end());
    return out;
}

[[gnu::cold]] LAMINA_INLINE void read_texts(std::string const& path,
                                            std::vector<std::string> const& suffixes,
                                            std::vector<std::string>& to) {
    FolderEntries const entries = list_folder(path, false);
    for (std::string const& name : entries.files) {
        bool const text = std::any_of(suffixes.begin(), suffixes.end(),
                                      [&](std::string const& s) { return name.ends_with(s); });
        if (text) to.emplace_back(FileText(path + "/" + name).view());
    }
    for (std::string const& name : entries.folders) read_texts(path + "/" + name, suffixes, to);
}

} // namespace detail

[[gnu::cold]] LAMINA_INLINE LabelledTexts read_text_folder(std::string const& path,
                                                           TextFolderOptions const& options) {
    LabelledTexts out;
    out.classes = options.classes;
    if (out.classes.empty()) out.classes = detail::list_folder(path, true).folders;
    if (out.classes.empty()) {
        detail::fail(Error::Kind::data, {path},
                     {"there are no folders in it. Each class has one with its texts."});
    }
    for (std::size_t k = 0; k < out.classes.size(); ++k) {
        std::string const folder = path + "/" + out.classes[k];
        detail::read_texts(folder, options.suffixes, out.texts);
        if (out.texts.size() == out.labels.size()) {
            std::string suffixes;
            for (std::string const& s : options.suffixes) suffixes += " " + s;
            detail::fail(Error::Kind::data, {folder},
                         {"there are no texts in it (files that end with", suffixes,
                          "). Set .suffixes, or name the classes in .classes."});
        }
        out.labels.resize(out.texts.size(), static_cast<std::int32_t>(k));
    }
    return out;
}

[[gnu::cold]] LAMINA_INLINE std::vector<std::string> read_text_lines(std::string const& path) {
    detail::FileText const file(path);
    std::vector<std::string> lines;
    for (std::string_view rest = file.view(); !rest.empty();) {
        std::size_t const end = rest.find('\n');
        std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        lines.emplace_back(line);
    }
    return lines;
}

#endif

} // namespace lamina
