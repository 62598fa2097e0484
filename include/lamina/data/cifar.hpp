// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/data/labelled_images.hpp>

#if LAMINA_BODIES
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/bounded_file.hpp>
#include <lamina/data/text_folder.hpp>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <unistd.h>
#endif

#include <cstddef>
#include <string>

namespace lamina {

struct CifarOptions {
    /// CIFAR-100: the 20 coarse classes, not the 100 fine ones?
    bool coarse = false;
    /// Subtract the mean of each channel of the images to train on, and divide by its standard
    /// deviation?
    bool standardize = false;
    /// ... or these.
    Scaling scaling = {};
};

/// Reads CIFAR-10 in its binary form from the folder of its files, cifar-10-batches-bin:
/// data_batch_1.bin ... data_batch_5.bin, test_batch.bin and the names in batches.meta.txt. Images
/// become (n, 32, 32, 3), from 0 to 1.
///
/// Errors      (run time) Kind::file: a file is not there or cannot be read; Kind::data: it is no
///             whole number of images, or a label is no class
/// Source      Krizhevsky (2009), "Learning multiple layers of features from tiny images"; its
///             binary version
ImageSplit read_cifar10(std::string const& folder, CifarOptions const& options = {});

/// Reads CIFAR-100 in its binary form, cifar-100-binary: train.bin, test.bin and the names in
/// fine_label_names.txt and coarse_label_names.txt.
ImageSplit read_cifar100(std::string const& folder, CifarOptions const& options = {});

#if LAMINA_BODIES

namespace detail {

/// Images of some files, each `labels` bytes, of which the one at `label` counts, and then the
/// pixels, all red ones before all green ones before all blue ones.
[[gnu::cold]] LAMINA_INLINE LabelledImages read_cifar(std::vector<std::string> const& paths,
                                                      std::size_t labels, std::size_t label,
                                                      std::vector<std::string> classes,
                                                      std::size_t most_classes) {
    constexpr std::size_t side = 32, pixels = side * side, channels = 3;
    std::size_t const row = labels + pixels * channels;
    std::vector<std::size_t> counts;
    std::size_t n = 0;
    for (std::string const& path : paths) {
        BoundedFile const file(path);
        if (file.size() == 0 || file.size() % row != 0) {
            fail(Error::Kind::data, {path},
                 {"it has ", Counted{file.size(), "byte"}, ". Images of CIFAR-",
                  labels == 1 ? "10" : "100", " have ", row, " each."});
        }
        counts.push_back(file.size() / row);
        n += counts.back();
    }
    LabelledImages out{
        Tensor<float, 4>::from_shape({n, side, side, channels}), {}, std::move(classes)};
    out.labels.reserve(n);
    std::unique_ptr<unsigned char[]> const bytes(new unsigned char[row]);
    float* to = out.images.data();
    for (std::size_t f = 0; f < paths.size(); ++f) {
        BoundedFile file(paths[f]);
        for (std::size_t i = 0; i < counts[f]; ++i, to += pixels * channels) {
            file.read(bytes.get(), row);
            if (bytes[label] >= most_classes) {
                fail(Error::Kind::data, {paths[f]},
                     {"image ", i, " is of class ", unsigned(bytes[label]), ", and there are ",
                      most_classes, ", from 0 on."});
            }
            out.labels.push_back(bytes[label]);
            for (std::size_t c = 0; c < channels; ++c)
                for (std::size_t p = 0; p < pixels; ++p)
                    to[p * channels + c] = float(bytes[labels + c * pixels + p]) / 255.0f;
        }
    }
    return out;
}

/// The lines of a file of names, if it is there; there should be so many.
[[gnu::cold]] LAMINA_INLINE std::vector<std::string> read_class_names(std::string const& path,
                                                                      std::size_t count) {
    if (::access(path.c_str(), F_OK) != 0) return {};
    std::vector<std::string> names;
    for (std::string& line : read_text_lines(path))
        if (!line.empty()) names.push_back(std::move(line));
    if (names.size() != count) {
        fail(Error::Kind::data, {path},
             {"it has ", Counted{names.size(), "name"}, " of classes, and there are ", count, "."});
    }
    return names;
}

[[gnu::cold]] LAMINA_INLINE ImageSplit scale_cifar(ImageSplit sets, CifarOptions const& options,
                                                   char const* where) {
    if (options.standardize && !options.scaling.empty())
        refuse(where, {"give .standardize or .scaling, not both."});
    Scaling const by = options.standardize ? standard_scaling(sets.train.images) : options.scaling;
    sets.train.scale(by);
    sets.test.scale(by);
    return sets;
}

} // namespace detail

[[gnu::cold]] LAMINA_INLINE ImageSplit read_cifar10(std::string const& folder,
                                                    CifarOptions const& options) {
    if (options.coarse) detail::refuse("read_cifar10", {".coarse is for CIFAR-100 alone."});
    auto const names = detail::read_class_names(folder + "/batches.meta.txt", 10);
    std::vector<std::string> batches;
    for (char k = '1'; k <= '5'; ++k) batches.push_back(folder + "/data_batch_" + k + ".bin");
    return detail::scale_cifar({detail::read_cifar(batches, 1, 0, names, 10),
                                detail::read_cifar({folder + "/test_batch.bin"}, 1, 0, names, 10)},
                               options, "read_cifar10");
}

[[gnu::cold]] LAMINA_INLINE ImageSplit read_cifar100(std::string const& folder,
                                                     CifarOptions const& options) {
    std::size_t const label = options.coarse ? 0 : 1, classes = options.coarse ? 20 : 100;
    auto const names = detail::read_class_names(
        folder + (options.coarse ? "/coarse_label_names.txt" : "/fine_label_names.txt"), classes);
    return detail::scale_cifar(
        {detail::read_cifar({folder + "/train.bin"}, 2, label, names, classes),
         detail::read_cifar({folder + "/test.bin"}, 2, label, names, classes)},
        options, "read_cifar100");
}

#endif

} // namespace lamina
