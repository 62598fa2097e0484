// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/checked.hpp>
#include <lamina/core/list.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>
#include <lamina/data/bounded_file.hpp>
#include <lamina/io/dtype.hpp>
#include <lamina/io/hdf5_handle.hpp>
#include <lamina/io/shown.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

namespace detail {

/// Does an HDF5 file's first block name a place for more than Keras or h5py say of a file, such as
/// an image of HDF5's cache? libhdf5 believes that unlooked at, even while it closes the file.
[[gnu::cold]] inline bool has_extension(Span<std::byte const> file) {
    constexpr char signature[] = "\x89HDF\r\n\x1a\n"; // at 0, 512, 1024, 2048, ...
    for (std::size_t at = 0; at < file.size() && file.size() - at >= 48; at = at ? at << 1 : 512) {
        auto const block = file.subspan(at, 48);
        if (std::memcmp(block.data(), signature, 8) != 0) continue;
        auto const width = std::to_integer<std::size_t>(block[9]); // bytes that say a place
        if (std::to_integer<int>(block[8]) < 2 || width > 8) return false;
        auto const place = block.last(36).subspan(width, width); // behind the base address
        return std::any_of(place.begin(), place.end(),
                           [](std::byte b) { return b != std::byte{0xff}; }); // else there is none
    }
    return false;
}

} // namespace detail

/// An HDF5 file to read tensors and names from. It serves files that are trusted: libhdf5 itself
/// does not survive every malformed one. What leads out of the file or is larger than it claims is
/// refused all the same: soft and external links, external and virtual data sets, filters other
/// than deflate, shuffle and fletcher32; and a tensor is read only into a shape known beforehand.
///
/// Errors      (run time) Kind::file: cannot be read; Kind::data: is not as expected, and where
class Hdf5Reader {
public:
    using Group = detail::Hdf5Handle;
    using Dataset = detail::Hdf5Handle;

    /// The part of a file that is HDF5: all of it, or a member of an archive.
    using Part = Span<std::byte const> (*)(std::string const& path, Span<std::byte const> whole);

    [[gnu::cold]] explicit Hdf5Reader(std::string path, Part part = nullptr)
        : path_(std::move(path)) {
        BoundedFile file(path_);
        size_ = file.size();
        std::unique_ptr<std::byte[]> const whole(new std::byte[std::size_t(size_)]);
        file.read(whole.get(), std::size_t(size_));
        Span<std::byte const> image(whole.get(), std::size_t(size_));
        if (part) image = part(path_, image);
        size_ = image.size();
        if (detail::has_extension(image))
            refuse({"has an extended superblock, such as one with an image of HDF5's cache; no "
                    "file of Keras has. h5repack writes it anew without."});
        auto const access = own(H5Pcreate(H5P_FILE_ACCESS));
        check(H5Pset_fapl_core(access.id(), std::size_t{1} << 16, false));
        // HDF5 takes a copy, and what it is given as mutable it only reads
        if (size_ > 0)
            check(
                H5Pset_file_image(access.id(), const_cast<std::byte*>(image.data()), image.size()));
        std::string const name = detail::message({path_, "#", std::uintptr_t(this)});
        if (size_ > 0) file_ = Group(H5Fopen(name.c_str(), H5F_ACC_RDONLY, access.id()));
        if (!file_.is_open())
            refuse({"is no HDF5 file, or it is damaged",
                    size_ > 0 ? ": HDF5 says: " : ": it is empty",
                    size_ > 0 ? detail::hdf5_error() : std::string(), "."});
        root_ = own(H5Gopen2(file_.id(), "/", H5P_DEFAULT));
    }

    std::string const& path() const { return path_; }
    std::uint64_t size() const { return size_; } ///< bytes of the file
    Group const& root() const { return root_; }

    /// Is there something of this name, and is it a group?
    [[gnu::cold]] bool has_group(Group const& at, std::string_view name) const {
        return object(at, name, H5I_GROUP).is_open();
    }
    /// Is there a data set at the end of this path?
    [[gnu::cold]] bool has(Group const& at, std::string_view path) const {
        return object(at, path, H5I_DATASET).is_open();
    }
    [[gnu::cold]] Group group(Group const& at, std::string_view name) const {
        Group g = object(at, name, H5I_GROUP);
        if (!g.is_open()) refuse({"has no group ", detail::shown(name), "."});
        return g;
    }
    [[gnu::cold]] Dataset dataset(Group const& at, std::string_view name) const {
        Dataset d = object(at, name, H5I_DATASET);
        if (!d.is_open()) refuse({"has no data set ", detail::shown(name), "."});
        auto const made = own(H5Dget_create_plist(d.id()));
        if (H5Pget_external_count(made.id()) > 0 || H5Pget_layout(made.id()) == H5D_VIRTUAL)
            refuse(
                {"data set ", detail::shown(name), " lies in other files. Copy it into this one."});
        int const filters = H5Pget_nfilters(made.id());
        for (int i = 0; i < filters; ++i) {
            unsigned flags = 0;
            std::size_t parameters = 0;
            auto const filter = H5Pget_filter2(made.id(), unsigned(i), &flags, &parameters, nullptr,
                                               0, nullptr, nullptr);
            if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
                filter != H5Z_FILTER_FLETCHER32)
                refuse({"data set ", detail::shown(name), " uses HDF5's filter ",
                        std::uint64_t(filter),
                        ", which is not read. Save it with gzip or without compression."});
        }
        return d;
    }
    [[gnu::cold]] std::vector<std::uint64_t> shape(Dataset const& d) const {
        auto const extent = own(H5Dget_space(d.id()));
        std::array<hsize_t, H5S_MAX_RANK> dims{};
        int const rank = H5Sget_simple_extent_dims(extent.id(), dims.data(), nullptr);
        check(rank);
        return {dims.begin(), dims.begin() + rank};
    }
    /// Are its numbers floating-point numbers (or whole ones)?
    [[gnu::cold]] bool holds(Dataset const& d, DType type) const {
        auto const stored = own(H5Dget_type(d.id()));
        bool const floating = type == DType::f32 || type == DType::f64;
        return H5Tget_class(stored.id()) == (floating ? H5T_FLOAT : H5T_INTEGER);
    }
    /// All numbers, converted to `type`. The caller has compared the shape with its room.
    [[gnu::cold]] void read(Dataset const& d, DType type, void* to) const {
        if (H5Dread(d.id(), detail::hdf5_type(type).memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, to) < 0)
            refuse({"cannot be read: HDF5 says: ", detail::hdf5_error(), "."});
    }

    /// Adds a list of names in any of the forms that Keras writes; false: there is no such
    /// attribute.
    [[gnu::cold]] bool names(Group const& at, detail::Hdf5Name name,
                             detail::List<std::string>& to) const {
        if (add_strings(at, name, to)) return true;
        int pieces = 0;
        while (add_strings(at, detail::message({name.text, pieces}), to)) ++pieces;
        return pieces > 0;
    }
    [[gnu::cold]] std::optional<std::uint64_t> number(Group const& at,
                                                      detail::Hdf5Name name) const {
        if (H5Aexists(at.id(), name.text) <= 0) return {};
        auto const a = own(H5Aopen(at.id(), name.text, H5P_DEFAULT));
        auto const extent = own(H5Aget_space(a.id()));
        std::uint64_t value = 0;
        if (H5Sget_simple_extent_npoints(extent.id()) != 1 ||
            H5Aread(a.id(), H5T_NATIVE_UINT64, &value) < 0)
            refuse({"attribute ", detail::shown(name.text), " is no whole number."});
        return value;
    }

    [[noreturn, gnu::cold]] void refuse(std::initializer_list<detail::Piece> what) const {
        detail::fail(Error::Kind::data, {path_}, what);
    }

private:
    [[gnu::cold]] std::int64_t check(std::int64_t id) const {
        if (id < 0) refuse({"cannot be read: HDF5 says: ", detail::hdf5_error(), "."});
        return id;
    }
    [[gnu::cold]] detail::Hdf5Handle own(hid_t id) const { return detail::Hdf5Handle(check(id)); }

    /// What lies at the end of a path of hard links below `at`; not open: nothing, or another kind.
    [[gnu::cold]] detail::Hdf5Handle object(Group const& at, std::string_view path,
                                            H5I_type_t kind) const {
        detail::Hdf5Handle here;
        std::string_view rest = path;
        while (true) {
            auto const slash = rest.find('/');
            std::string const part(rest.substr(0, slash));
            hid_t const from = here.is_open() ? here.id() : at.id();
            if (part.empty() || part == ".")
                refuse({"names its object ", detail::shown(path),
                        ", which is no path within a group."});
            if (H5Lexists(from, part.c_str(), H5P_DEFAULT) <= 0) return {};
            H5L_info_t link;
            check(H5Lget_info(from, part.c_str(), &link, H5P_DEFAULT));
            if (link.type != H5L_TYPE_HARD)
                refuse({"reaches ", detail::shown(path),
                        " by a soft or external link, which is not "
                        "followed. Copy what it points to."});
            here = own(H5Oopen(from, part.c_str(), H5P_DEFAULT));
            bool const last = slash == std::string_view::npos;
            if (H5Iget_type(here.id()) != (last ? kind : H5I_GROUP)) return {};
            if (last) return here;
            rest.remove_prefix(slash + 1);
        }
    }

    /// The strings of an attribute; false: there is none of that name.
    [[gnu::cold]] bool add_strings(Group const& at, detail::Hdf5Name name,
                                   detail::List<std::string>& to) const {
        if (H5Aexists(at.id(), name.text) <= 0) return false;
        auto const a = own(H5Aopen(at.id(), name.text, H5P_DEFAULT));
        auto const extent = own(H5Aget_space(a.id()));
        auto const type = own(H5Aget_type(a.id()));
        auto const n = std::uint64_t(check(H5Sget_simple_extent_npoints(extent.id())));
        if (n == 0) return true; // Keras: a list of no names is stored as no numbers
        if (H5Tget_class(type.id()) != H5T_STRING)
            refuse({"attribute ", detail::shown(name.text), " holds no text."});
        std::size_t const each = H5Tget_size(type.id());
        std::uint64_t bytes = 0;
        if (!checked_mul(n, each, bytes) || bytes > size_)
            refuse({"attribute ", detail::shown(name.text),
                    " claims more text than the file is long."});
        if (H5Tis_variable_str(type.id()) > 0) {
            // n null pointers first: what HDF5 has not filled in must not be freed
            Strings strings{std::unique_ptr<char*[]>(new char*[std::size_t(n)]()), type.id(),
                            extent.id()};
            check(H5Aread(a.id(), type.id(), strings.pointers.get()));
            for (std::size_t i = 0; i < std::size_t(n); ++i) {
                char const* const s = strings.pointers[i];
                to.emplace_back(std::string_view(s ? s : ""));
            }
        } else {
            std::string text(std::size_t(bytes), '\0');
            check(H5Aread(a.id(), type.id(), text.data()));
            for (std::size_t i = 0; i < text.size(); i += each) {
                auto const one = std::string_view(text).substr(i, each);
                to.emplace_back(one.substr(0, one.find('\0')));
            }
        }
        return true;
    }
    /// Strings that HDF5 allocated and frees.
    struct Strings {
        std::unique_ptr<char*[]> pointers;
        hid_t type, space;
        ~Strings() {
#if H5_VERSION_GE(1, 12, 0)
            H5Treclaim(type, space, H5P_DEFAULT, pointers.get());
#else
            H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.get());
#endif
        }
    };

    detail::Hdf5Quiet quiet_;
    std::string path_;
    std::uint64_t size_ = 0;
    detail::Hdf5Handle file_, root_;
};

} // namespace lamina
