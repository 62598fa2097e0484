// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/data/byte_source.hpp>
#include <lamina/data/idx.hpp>
#include <lamina/data/labelled_images.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#if LAMINA_BODIES
#include <unistd.h>
#endif

namespace lamina {

struct MnistOptions {
    /// How files are opened. Packed ones, *.gz: gunzip of <lamina/data/gzip.hpp>.
    OpenBytes unpack = open_bytes;
    /// Subtract the mean of the images to train on, and divide by their standard deviation?
    bool standardize = false;
    /// ... or these.
    Scaling scaling = {};
    /// The names of the classes.
    std::vector<std::string> classes = {};
};

/// Reads MNIST, or a data set that took its form (Fashion-MNIST, KMNIST), from the folder of its
/// four files, packed or not: train-images-idx3-ubyte, train-labels-idx1-ubyte, and the same with
/// t10k. Images become (n, 28, 28, 1), from 0 to 1.
///
///     auto [train, test] = read_mnist("mnist");
///
/// Errors      (run time) Kind::file: a file is not there or cannot be read; Kind::data: it is not
///             what it should be, or there are more images than labels, or fewer
ImageSplit read_mnist(std::string const& folder, MnistOptions const& options = {});

/// The classes of Fashion-MNIST.
/// Source      Xiao, Rasul and Vollgraf (2017), "Fashion-MNIST: a novel image dataset for
///             benchmarking machine learning algorithms"
std::vector<std::string> fashion_mnist_classes();

#if LAMINA_BODIES

namespace detail {

/// The path of a file of MNIST, as it is named at its source, or with a point, or packed.
[[gnu::cold]] LAMINA_INLINE std::string find_mnist(std::string const& folder, char const* part,
                                                   char const* kind) {
    std::string const base = folder + "/" + part;
    for (char const* const dot : {"-", "."})
        for (char const* const end : {"", ".gz"}) {
            std::string path = base + dot + kind + end;
            if (::access(path.c_str(), F_OK) == 0) return path;
        }
    fail(Error::Kind::file, {base + "-" + kind}, {"there is no such file, nor the same with .gz."});
}

[[gnu::cold]] LAMINA_INLINE LabelledImages read_mnist_part(std::string const& folder,
                                                           std::string const& part,
                                                           MnistOptions const& options) {
    std::string const path = find_mnist(folder, (part + "-images").c_str(), "idx3-ubyte");
    std::string const labels_path = find_mnist(folder, (part + "-labels").c_str(), "idx1-ubyte");
    auto const pixels = read_idx<std::uint8_t, 3>(path, options.unpack);
    auto const labels = read_idx<std::int32_t, 1>(labels_path, options.unpack);
    if (labels.size() != pixels.shape()[0]) {
        fail(Error::Kind::data, {path},
             {"it has ", Counted{pixels.shape()[0], "image"}, ", and ", labels_path, " has ",
              Counted{labels.size(), "label"}, "."});
    }
    LabelledImages out{
        Tensor<float, 4>::from_shape({pixels.shape()[0], pixels.shape()[1], pixels.shape()[2], 1}),
        std::vector<std::int32_t>(labels.begin(), labels.end()), options.classes};
    for (std::size_t i = 0; i < pixels.size(); ++i)
        out.images.data()[i] = static_cast<float>(pixels.data()[i]) / 255.0f;
    return out;
}

} // namespace detail

[[gnu::cold]] LAMINA_INLINE ImageSplit read_mnist(std::string const& folder,
                                                  MnistOptions const& options) {
    ImageSplit sets{detail::read_mnist_part(folder, "train", options),
                    detail::read_mnist_part(folder, "t10k", options)};
    if (options.standardize && !options.scaling.empty())
        detail::refuse("read_mnist", {"give .standardize or .scaling, not both."});
    Scaling const by = options.standardize ? standard_scaling(sets.train.images) : options.scaling;
    sets.train.scale(by);
    sets.test.scale(by);
    return sets;
}

[[gnu::cold]] LAMINA_INLINE std::vector<std::string> fashion_mnist_classes() {
    return {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
            "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
}

#endif

} // namespace lamina
