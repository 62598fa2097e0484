// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The one header that includes stb_image. Component `images`.
#include <lamina/core/checked.hpp>
#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/data/file.hpp>
#include <lamina/data/resize_images.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <stb_image.h>

namespace lamina {

struct ImageOptions {
    /// Images are stretched to this size, bilinear. 0: as high, as wide as the file is.
    std::size_t height = 0;
    std::size_t width = 0;
    /// 1: gray; 3: red, green, blue. What else a file has is left out or made so.
    std::size_t channels = 3;
};

/// Reads an image, PNG, JPEG or BMP: (1, height, width, channels), numbers from 0 to 1, so that
/// model.predict takes it. Transparency is left out; how a camera was held (Exif) is not looked at.
///
/// Errors      (run time) Kind::file: it cannot be read; Kind::data: it is no image, or damaged, or
///             says a size that it cannot hold
Tensor<float, 4> read_image(std::string const& path, ImageOptions const& options = {});

#if LAMINA_BODIES

namespace detail {

/// The pixels of a file, a byte for each channel.
struct ImageFile {
    struct Free {
        void operator()(unsigned char* p) const { stbi_image_free(p); }
    };
    std::size_t height = 0, width = 0;
    std::unique_ptr<unsigned char, Free> pixels;

    [[gnu::cold]] ImageFile(std::string const& path, std::size_t channels) {
        FileText const file(path);
        auto const* const bytes = reinterpret_cast<stbi_uc const*>(file.bytes.get());
        int const size = static_cast<int>(file.size);
        int w = 0, h = 0, kept = 0;
        constexpr std::size_t most = std::size_t{1} << 30;
        if (file.size > most) {
            fail(Error::Kind::data, {path},
                 {"it has ", file.size, " bytes; images have at most ", most, "."});
        }
        // stb takes other formats too, one of which begins with nothing of its own: a text would
        // become an image.
        bool known = false;
        for (std::string_view const begin : {"\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "BM"})
            known = known || file.view().starts_with(begin);
        if (!known) no_image(path, "it begins as none of them does");
        if (!stbi_info_from_memory(bytes, size, &w, &h, &kept))
            no_image(path, stbi_failure_reason());
        // A pixel of one bit, packed as well as a PNG can, takes a byte for 8256 of its like:
        // before any room is made, a damaged header must not ask for all there is.
        constexpr std::size_t densest = 16384;
        std::uint64_t count = 0;
        if (w <= 0 || h <= 0 || !checked_mul(std::uint64_t(w), std::uint64_t(h), count) ||
            count / densest > file.size || count > most / 4) {
            fail(Error::Kind::data, {path},
                 {"it says it is ", h, " pixels high and ", w, " wide, which ",
                  Counted{file.size, "byte"}, " do not hold, or no machine should."});
        }
        pixels.reset(stbi_load_from_memory(bytes, size, &w, &h, &kept, int(channels)));
        if (!pixels) no_image(path, stbi_failure_reason());
        height = std::size_t(h);
        width = std::size_t(w);
    }

private:
    [[noreturn, gnu::cold]] static void no_image(std::string const& path, char const* reason) {
        fail(Error::Kind::data, {path},
             {"this is no PNG, JPEG or BMP that can be read (", reason ? reason : "damaged", ")."});
    }
};

[[gnu::cold]] LAMINA_INLINE void check(ImageOptions const& options, char const* where) {
    if (options.channels != 1 && options.channels != 3) {
        refuse(where, {".channels is ", options.channels, ". It is 1, gray, or 3, colours."});
    }
}

} // namespace detail

[[gnu::cold]] LAMINA_INLINE Tensor<float, 4> read_image(std::string const& path,
                                                        ImageOptions const& options) {
    detail::check(options, "read_image");
    detail::ImageFile const file(path, options.channels);
    std::array<std::size_t, 4> const shape{1, options.height ? options.height : file.height,
                                           options.width ? options.width : file.width,
                                           options.channels};
    auto out = Tensor<float, 4>::from_shape(shape);
    detail::resize_bilinear(file.pixels.get(), file.height, file.width, options.channels,
                            out.data(), shape[1], shape[2], 1.0f / 255);
    return out;
}

#endif

} // namespace lamina
