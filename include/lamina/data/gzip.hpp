// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The one header that includes zlib. Component `gzip`.
#include <lamina/core/checked.hpp>
#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/raise.hpp>
#include <lamina/data/bounded_file.hpp>
#include <lamina/data/byte_source.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <string>

#include <zlib.h>

namespace lamina {

/// The bytes that are packed in a gzip file, one or several parts behind one another; a file that
/// is not packed comes as it is.
///
///     auto [train, test] = read_mnist("/usr/share/datasets/fashion-mnist", {.unpack = gunzip});
///
/// Errors      (run time) Kind::file: it cannot be read; Kind::data: it is damaged or cut off
/// Source      RFC 1952, "GZIP file format specification version 4.3"
ByteSource gunzip(std::string const& path);

#if LAMINA_BODIES

namespace detail {

class GzipFile {
public:
    [[gnu::cold]] explicit GzipFile(std::string const& path) : file_(path) {
        fill();
        packed_ = left() >= 2 && in_[0] == 0x1f && in_[1] == 0x8b;
        if (packed_ && inflateInit2(&stream_, 15 + 16) != Z_OK) detail::raise(std::bad_alloc());
    }
    GzipFile(GzipFile const&) = delete;
    GzipFile& operator=(GzipFile const&) = delete;
    ~GzipFile() {
        if (packed_) inflateEnd(&stream_);
    }

    /// Deflate makes at most 258 bytes of 2 bits, 1032 of a byte.
    std::size_t most() const {
        constexpr std::size_t limit = std::numeric_limits<std::size_t>::max();
        std::uint64_t bytes = file_.size();
        if (packed_ && !checked_mul(bytes, 1032, bytes)) return limit;
        return static_cast<std::size_t>(std::min<std::uint64_t>(bytes, limit));
    }

    [[gnu::cold]] std::size_t read(char* to, std::size_t n) {
        std::size_t done = 0;
        while (done < n && !ended_) {
            std::size_t const room = std::min(n - done, std::size_t{1} << 30);
            done += packed_ ? unpack(to + done, room) : copy(to + done, room);
        }
        return done;
    }

private:
    std::size_t left() const { return end_ - at_; }
    void fill() {
        if (left() != 0) return;
        at_ = 0;
        end_ = file_.read_up_to(in_.data(), in_.size());
    }
    std::size_t copy(char* to, std::size_t n) {
        fill();
        std::size_t const got = std::min(n, left());
        std::copy_n(in_.data() + at_, got, to);
        at_ += got;
        ended_ = got == 0;
        return got;
    }
    std::size_t unpack(char* to, std::size_t n) {
        fill();
        if (left() == 0) {
            if (!between_)
                fail(Error::Kind::data, {file_.path()},
                     {"the gzip file is cut off. Fetch it again."});
            ended_ = true;
            return 0;
        }
        if (between_) { // the next part
            if (inflateReset(&stream_) != Z_OK) detail::raise(std::bad_alloc());
            between_ = false;
        }
        stream_.next_in = in_.data() + at_;
        stream_.avail_in = static_cast<uInt>(left());
        stream_.next_out = reinterpret_cast<Bytef*>(to);
        stream_.avail_out = static_cast<uInt>(n);
        int const status = inflate(&stream_, Z_NO_FLUSH);
        at_ = end_ - stream_.avail_in;
        if (status == Z_STREAM_END) between_ = true;
        else if (status == Z_MEM_ERROR) detail::raise(std::bad_alloc());
        else if (status != Z_OK && status != Z_BUF_ERROR) {
            fail(Error::Kind::data, {file_.path()},
                 {"the gzip file is damaged: ", stream_.msg ? stream_.msg : "it makes no sense",
                  ". Fetch it again."});
        }
        return n - stream_.avail_out;
    }

    BoundedFile file_;
    z_stream stream_{};
    std::array<Bytef, 1 << 16> in_{};
    std::size_t at_ = 0, end_ = 0;
    bool packed_ = false, between_ = false, ended_ = false;
};

} // namespace detail

[[gnu::cold]] LAMINA_INLINE ByteSource gunzip(std::string const& path) {
    auto const file = std::make_shared<detail::GzipFile>(path);
    return {[file](char* to, std::size_t n) { return file->read(to, n); }, file->most()};
}

#endif

} // namespace lamina
