// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/data/image_file.hpp>
#include <lamina/data/labelled_images.hpp>
#include <lamina/data/resize_images.hpp>
#include <lamina/data/text_folder.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace lamina {

struct ImageFolderOptions {
    /// All images are stretched to this size, bilinear.
    std::size_t height = 256;
    std::size_t width = 256;
    /// 1: gray; 3: red, green, blue.
    std::size_t channels = 3;
    /// How the names of files end that are images, in small letters or capitals.
    std::vector<std::string> suffixes = {".png", ".jpg", ".jpeg", ".bmp"};
    /// The classes' folders, in this order. Empty: every folder there is, in alphabetical order.
    std::vector<std::string> classes = {};
};

/// Reads a folder with a folder for each class and a file for each image: the folder's name is the
/// class. Folders within a class's folder are read too. Names are in alphabetical order (of their
/// bytes); names that begin with a point are left out. Numbers are from 0 to 1.
///
///     auto [train, test] = read_image_folder("flowers", {.height = 64, .width = 64})
///                              .split({.test = 0.2f, .seed = 42});
///
/// Errors      (run time) Kind::file: a folder or file cannot be read; Kind::data: there is no
///             class's folder, one without an image, or a file that is no image
/// Source      keras.utils.image_dataset_from_directory
LabelledImages read_image_folder(std::string const& path, ImageFolderOptions const& options = {});

#if LAMINA_BODIES

namespace detail {

[[gnu::cold]] LAMINA_INLINE void list_images(std::string const& path,
                                             std::vector<std::string> const& suffixes,
                                             std::vector<std::string>& to) {
    FolderEntries const entries = list_folder(path, false);
    auto const small = [](std::string text) {
        for (char& c : text) c = c >= 'A' && c <= 'Z' ? char(c + 32) : c;
        return text;
    };
    for (std::string const& name : entries.files) {
        if (std::any_of(suffixes.begin(), suffixes.end(),
                        [&](std::string const& s) { return small(name).ends_with(small(s)); }))
            to.push_back(path + "/" + name);
    }
    for (std::string const& name : entries.folders) list_images(path + "/" + name, suffixes, to);
}

} // namespace detail

[[gnu::cold]] LAMINA_INLINE LabelledImages read_image_folder(std::string const& path,
                                                             ImageFolderOptions const& options) {
    detail::check(ImageOptions{options.height, options.width, options.channels},
                  "read_image_folder");
    if (options.height == 0 || options.width == 0) {
        detail::refuse("read_image_folder", {".height and .width are at least 1."});
    }
    std::vector<std::string> classes = options.classes, files;
    if (classes.empty()) classes = detail::list_folder(path, true).folders;
    if (classes.empty()) {
        detail::fail(Error::Kind::data, {path},
                     {"there are no folders in it. Each class has one with its images."});
    }
    std::vector<std::int32_t> labels;
    for (std::size_t k = 0; k < classes.size(); ++k) {
        std::string const folder = path + "/" + classes[k];
        detail::list_images(folder, options.suffixes, files);
        if (files.size() == labels.size()) {
            std::string suffixes;
            for (std::string const& s : options.suffixes) suffixes += " " + s;
            detail::fail(Error::Kind::data, {folder},
                         {"there are no images in it (files that end with", suffixes,
                          "). Set .suffixes, or name the classes in .classes."});
        }
        labels.resize(files.size(), static_cast<std::int32_t>(k));
    }
    LabelledImages out{Tensor<float, 4>::from_shape(std::array<std::size_t, 4>{
                           files.size(), options.height, options.width, options.channels}),
                       std::move(labels), std::move(classes)};
    std::size_t const numbers = options.height * options.width * options.channels;
    for (std::size_t i = 0; i < files.size(); ++i) {
        detail::ImageFile const file(files[i], options.channels);
        detail::resize_bilinear(file.pixels.get(), file.height, file.width, options.channels,
                                out.images.data() + i * numbers, options.height, options.width,
                                1.0f / 255);
    }
    return out;
}

#endif

} // namespace lamina
