// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The one header that includes libhdf5. A program that includes it links lamina::hdf5. HDF5 keeps
// global state: where the library was not built to be thread-safe, one thread at a time may use it.

#include <lamina/core/message.hpp>
#include <lamina/io/atomic_file.hpp>
#include <lamina/io/bounded_file.hpp>
#include <lamina/io/checked.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/shown.hpp>

#include <hdf5.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

namespace detail {

/// An HDF5 object that closes itself.
class Hdf5Handle {
public:
    using Close = herr_t (*)(hid_t);
    Hdf5Handle() = default;
    Hdf5Handle(hid_t id, Close close) : id_(id), close_(close) {}
    Hdf5Handle(Hdf5Handle&& other) noexcept
        : id_(std::exchange(other.id_, hid_t(-1))), close_(other.close_) {}
    Hdf5Handle& operator=(Hdf5Handle&& other) noexcept {
        std::swap(id_, other.id_);
        std::swap(close_, other.close_);
        return *this;
    }
    [[gnu::cold]] ~Hdf5Handle() {
        if (id_ >= 0) close_(id_);
    }
    hid_t id() const { return id_; }
    bool is_open() const { return id_ >= 0; }

private:
    hid_t id_ = -1;
    Close close_ = nullptr;
};

/// HDF5 prints its errors unless it is told not to; here for as long as this lives.
class Hdf5Quiet {
public:
    [[gnu::cold]] Hdf5Quiet() {
        H5Eget_auto2(H5E_DEFAULT, &print_, &context_);
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    }
    Hdf5Quiet(Hdf5Quiet const&) = delete;
    Hdf5Quiet& operator=(Hdf5Quiet const&) = delete;
    ~Hdf5Quiet() { H5Eset_auto2(H5E_DEFAULT, print_, context_); }

private:
    H5E_auto2_t print_ = nullptr;
    void* context_ = nullptr;
};

/// What HDF5 itself says of its last error: the innermost message.
[[gnu::cold]] inline std::string hdf5_error() {
    std::string text;
    auto const take = [](unsigned n, H5E_error2_t const* error, void* to) -> herr_t {
        if (n == 0 && error->desc) *static_cast<std::string*>(to) = error->desc;
        return 0;
    };
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take, &text);
    return text.empty() ? "no reason given" : text;
}

[[gnu::cold]] inline hid_t hdf5_type(DType type) {
    switch (type) {
    case DType::f32:
        return H5T_IEEE_F32LE;
    case DType::f64:
        return H5T_IEEE_F64LE;
    case DType::i32:
        return H5T_STD_I32LE;
    case DType::u64:
        return H5T_STD_U64LE;
    case DType::u8:
        return H5T_STD_U8LE;
    default:
        return hid_t(-1);
    }
}
[[gnu::cold]] inline hid_t hdf5_memory_type(DType type) {
    switch (type) {
    case DType::f32:
        return H5T_NATIVE_FLOAT;
    case DType::f64:
        return H5T_NATIVE_DOUBLE;
    case DType::i32:
        return H5T_NATIVE_INT32;
    case DType::u64:
        return H5T_NATIVE_UINT64;
    case DType::u8:
        return H5T_NATIVE_UINT8;
    default:
        return hid_t(-1);
    }
}

} // namespace detail

/// An HDF5 file as h5py writes it (superblock 0, contiguous data sets, no filters), put together in
/// memory and then saved whole. While it is saved it takes twice the file's size in memory.
///
/// Errors      (run time) Kind::file: cannot be put together or saved
class Hdf5Writer {
public:
    using Group = detail::Hdf5Handle;

    [[gnu::cold]] explicit Hdf5Writer(std::string path) : path_(std::move(path)) {
        detail::check_path(path_);
        detail::Hdf5Handle const access(check(H5Pcreate(H5P_FILE_ACCESS)), H5Pclose);
        check(H5Pset_fapl_core(access.id(), std::size_t{1} << 20, false));
        std::string const name = detail::message({path_, "#", std::uintptr_t(this)}); // unique
        file_ = {check(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.id())), H5Fclose};
        // makes the groups in between; without times, so that the same model gives the same bytes
        between_ = {check(H5Pcreate(H5P_LINK_CREATE)), H5Pclose};
        check(H5Pset_create_intermediate_group(between_.id(), 1));
        plain_ = {check(H5Pcreate(H5P_DATASET_CREATE)), H5Pclose};
        check(H5Pset_obj_track_times(plain_.id(), false));
        root_ = {check(H5Gopen2(file_.id(), "/", H5P_DEFAULT)), H5Gclose};
    }

    Group const& root() const { return root_; }
    Group group(Group const& parent, std::string const& name) {
        return {
            check(H5Gcreate2(parent.id(), name.c_str(), between_.id(), H5P_DEFAULT, H5P_DEFAULT)),
            H5Gclose};
    }
    /// A group that was made before.
    Group open(std::string const& path) {
        return {check(H5Gopen2(root_.id(), path.c_str(), H5P_DEFAULT)), H5Gclose};
    }

    /// An attribute of one string of any length.
    [[gnu::cold]] void text(Group const& at, char const* name, std::string const& value,
                            bool utf8 = false) {
        auto const type = string_type(H5T_VARIABLE, utf8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII);
        char const* const pointer = value.c_str();
        attribute(at, name, type, space({}), &pointer);
    }
    /// An attribute of strings, as Keras stores lists of names: strings of any length; none at all
    /// as no numbers; too many for one attribute in several, name0, name1, ...
    [[gnu::cold]] void names(Group const& at, std::string const& name,
                             std::vector<std::string> const& values) {
        if (values.empty()) {
            detail::Hdf5Handle const type(check(H5Tcopy(H5T_IEEE_F64LE)), H5Tclose);
            return attribute(at, name.c_str(), type, space({0}), nullptr);
        }
        std::size_t longest = 16; // what HDF5 keeps for a string of any length
        for (auto const& v : values) longest = std::max(longest, v.size());
        if (longest > most_in_attribute) refuse({"a name has more than 64512 bytes."});
        std::size_t pieces = 1;
        auto const size_of = [&](std::size_t n) { return (values.size() + n - 1) / n * longest; };
        while (size_of(pieces) > most_in_attribute) ++pieces;
        if (pieces == 1) {
            std::unique_ptr<char const*[]> const pointers(new char const*[values.size()]);
            for (std::size_t i = 0; i < values.size(); ++i) pointers[i] = values[i].c_str();
            return attribute(at, name.c_str(), string_type(H5T_VARIABLE, H5T_CSET_ASCII),
                             space({values.size()}), pointers.get());
        }
        std::size_t next = 0; // the first pieces have one more where it does not come out even
        for (std::size_t k = 0; k < pieces; ++k) {
            std::size_t const n = values.size() / pieces + (k < values.size() % pieces);
            std::string fixed(n * longest, '\0');
            for (std::size_t i = 0; i < n; ++i, ++next)
                values[next].copy(fixed.data() + i * longest, longest);
            attribute(at, detail::message({name, k}).c_str(), string_type(longest, H5T_CSET_ASCII),
                      space({n}), fixed.data());
        }
    }
    [[gnu::cold]] void number(Group const& at, char const* name, std::uint64_t value) {
        detail::Hdf5Handle const type(check(H5Tcopy(H5T_STD_U64LE)), H5Tclose);
        detail::Hdf5Handle const extent = space({});
        detail::Hdf5Handle const made(
            check(H5Acreate2(at.id(), name, type.id(), extent.id(), H5P_DEFAULT, H5P_DEFAULT)),
            H5Aclose);
        check(H5Awrite(made.id(), H5T_NATIVE_UINT64, &value));
    }

    [[gnu::cold]] void tensor(Group const& at, Entry const& e) {
        auto const extent = space(e.shape);
        detail::Hdf5Handle const made(
            check(H5Dcreate2(at.id(), e.name.c_str(), detail::hdf5_type(e.dtype), extent.id(),
                             between_.id(), plain_.id(), H5P_DEFAULT)),
            H5Dclose);
        if (e.size() > 0)
            check(H5Dwrite(made.id(), detail::hdf5_memory_type(e.dtype), H5S_ALL, H5S_ALL,
                           H5P_DEFAULT, e.data));
    }

    /// The file's bytes. Nothing can be added afterwards.
    struct Image {
        std::unique_ptr<std::byte[]> bytes;
        std::size_t size;
    };
    [[gnu::cold]] Image image() {
        check(H5Fflush(file_.id(), H5F_SCOPE_GLOBAL));
        ssize_t const size = H5Fget_file_image(file_.id(), nullptr, 0);
        check(size);
        Image out{std::unique_ptr<std::byte[]>(new std::byte[std::size_t(size)]),
                  std::size_t(size)};
        check(H5Fget_file_image(file_.id(), out.bytes.get(), out.size));
        root_ = {};
        file_ = {};
        return out;
    }
    /// Saves the file. Nothing can be added afterwards.
    [[gnu::cold]] void commit() {
        Image const its = image();
        AtomicFile file(path_, its.size);
        file.write(its.bytes.get(), its.size);
        file.commit();
    }

private:
    static constexpr std::size_t most_in_attribute = 64512; // Keras' HDF5_OBJECT_HEADER_LIMIT

    template <class Id>
    [[gnu::cold]] Id check(Id id) const {
        if (id < 0) refuse({"could not be put together: HDF5 says: ", detail::hdf5_error(), "."});
        return id;
    }
    [[noreturn, gnu::cold]] void refuse(std::initializer_list<detail::Piece> what) const {
        detail::fail(Error::Kind::file, {path_}, {detail::message(what), " Nothing was saved."});
    }
    [[gnu::cold]] detail::Hdf5Handle space(std::vector<std::uint64_t> const& shape) const {
        if (shape.empty()) return {check(H5Screate(H5S_SCALAR)), H5Sclose};
        std::unique_ptr<hsize_t[]> const dims(new hsize_t[shape.size()]);
        for (std::size_t i = 0; i < shape.size(); ++i) dims[i] = shape[i];
        return {check(H5Screate_simple(int(shape.size()), dims.get(), nullptr)), H5Sclose};
    }
    [[gnu::cold]] detail::Hdf5Handle string_type(std::size_t size, H5T_cset_t set) const {
        detail::Hdf5Handle type(check(H5Tcopy(H5T_C_S1)), H5Tclose);
        check(H5Tset_size(type.id(), size));
        if (size != H5T_VARIABLE) check(H5Tset_strpad(type.id(), H5T_STR_NULLPAD));
        check(H5Tset_cset(type.id(), set));
        return type;
    }
    [[gnu::cold]] void attribute(Group const& at, char const* name, detail::Hdf5Handle const& type,
                                 detail::Hdf5Handle const& extent, void const* data) {
        detail::Hdf5Handle const made(
            check(H5Acreate2(at.id(), name, type.id(), extent.id(), H5P_DEFAULT, H5P_DEFAULT)),
            H5Aclose);
        if (data) check(H5Awrite(made.id(), type.id(), data));
    }

    detail::Hdf5Quiet quiet_;
    std::string path_;
    detail::Hdf5Handle file_, between_, plain_, root_;
};

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
    using Part = std::span<std::byte const> (*)(std::string const& path,
                                                std::span<std::byte const> whole);

    [[gnu::cold]] explicit Hdf5Reader(std::string path, Part part = nullptr)
        : path_(std::move(path)) {
        BoundedFile file(path_);
        size_ = file.size();
        std::unique_ptr<std::byte[]> const whole(new std::byte[std::size_t(size_)]);
        file.read(whole.get(), std::size_t(size_));
        std::span<std::byte const> image(whole.get(), std::size_t(size_));
        if (part) image = part(path_, image);
        size_ = image.size();
        detail::Hdf5Handle const access(check(H5Pcreate(H5P_FILE_ACCESS)), H5Pclose);
        check(H5Pset_fapl_core(access.id(), std::size_t{1} << 16, false));
        // HDF5 takes a copy, and what it is given as mutable it only reads
        if (size_ > 0)
            check(
                H5Pset_file_image(access.id(), const_cast<std::byte*>(image.data()), image.size()));
        std::string const name = detail::message({path_, "#", std::uintptr_t(this)});
        if (size_ > 0) file_ = {H5Fopen(name.c_str(), H5F_ACC_RDONLY, access.id()), H5Fclose};
        if (!file_.is_open())
            refuse({"is no HDF5 file, or it is damaged",
                    size_ > 0 ? ": HDF5 says: " : ": it is empty",
                    size_ > 0 ? detail::hdf5_error() : std::string(), "."});
        root_ = {check(H5Gopen2(file_.id(), "/", H5P_DEFAULT)), H5Gclose};
    }

    std::string const& path() const { return path_; }
    std::uint64_t size() const { return size_; } ///< bytes of the file
    Group const& root() const { return root_; }

    /// Is there something of this name, and is it a group?
    [[gnu::cold]] bool has_group(Group const& at, std::string const& name) const {
        return H5Lexists(at.id(), name.c_str(), H5P_DEFAULT) > 0 &&
               object(at, name, H5I_GROUP).is_open();
    }
    /// Is there a data set at the end of this path?
    [[gnu::cold]] bool has(Group const& at, std::string const& path) const {
        return object(at, path, H5I_DATASET).is_open();
    }
    [[gnu::cold]] Group group(Group const& at, std::string const& name) const {
        Group g = object(at, name, H5I_GROUP);
        if (!g.is_open()) refuse({"has no group ", shown(name), "."});
        return g;
    }
    [[gnu::cold]] Dataset dataset(Group const& at, std::string const& name) const {
        Dataset d = object(at, name, H5I_DATASET);
        if (!d.is_open()) refuse({"has no data set ", shown(name), "."});
        detail::Hdf5Handle const made(check(H5Dget_create_plist(d.id())), H5Pclose);
        if (H5Pget_external_count(made.id()) > 0 || H5Pget_layout(made.id()) == H5D_VIRTUAL)
            refuse({"data set ", shown(name), " lies in other files. Copy it into this one."});
        int const filters = H5Pget_nfilters(made.id());
        for (int i = 0; i < filters; ++i) {
            unsigned flags = 0;
            std::size_t parameters = 0;
            auto const filter = H5Pget_filter2(made.id(), unsigned(i), &flags, &parameters, nullptr,
                                               0, nullptr, nullptr);
            if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
                filter != H5Z_FILTER_FLETCHER32)
                refuse({"data set ", shown(name), " uses HDF5's filter ", std::uint64_t(filter),
                        ", which is not read. Save it with gzip or without compression."});
        }
        return d;
    }
    [[gnu::cold]] std::vector<std::uint64_t> shape(Dataset const& d) const {
        detail::Hdf5Handle const extent(check(H5Dget_space(d.id())), H5Sclose);
        std::array<hsize_t, H5S_MAX_RANK> dims{};
        int const rank = H5Sget_simple_extent_dims(extent.id(), dims.data(), nullptr);
        check(rank);
        return {dims.begin(), dims.begin() + rank};
    }
    /// Are its numbers floating-point numbers (or whole ones)?
    [[gnu::cold]] bool holds(Dataset const& d, DType type) const {
        detail::Hdf5Handle const stored(check(H5Dget_type(d.id())), H5Tclose);
        bool const floating = type == DType::f32 || type == DType::f64;
        return H5Tget_class(stored.id()) == (floating ? H5T_FLOAT : H5T_INTEGER);
    }
    /// All numbers, converted to `type`. The caller has compared the shape with its room.
    [[gnu::cold]] void read(Dataset const& d, DType type, void* to) const {
        if (H5Dread(d.id(), detail::hdf5_memory_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, to) < 0)
            refuse({"cannot be read: HDF5 says: ", detail::hdf5_error(), "."});
    }

    /// A list of names in any of the forms that Keras writes; nothing: there is no such attribute.
    [[gnu::cold]] std::optional<std::vector<std::string>> names(Group const& at,
                                                                std::string const& name) const {
        std::vector<std::string> out;
        if (H5Aexists(at.id(), name.c_str()) > 0) {
            add_strings(at, name, out);
            return out;
        }
        for (int k = 0;; ++k) {
            std::string const piece = detail::message({name, k});
            if (H5Aexists(at.id(), piece.c_str()) <= 0)
                return k ? std::optional(std::move(out)) : std::nullopt;
            add_strings(at, piece, out);
        }
    }
    [[gnu::cold]] std::optional<std::string> text(Group const& at, std::string const& name) const {
        if (H5Aexists(at.id(), name.c_str()) <= 0) return {};
        std::vector<std::string> out;
        add_strings(at, name, out);
        return out.size() == 1 ? std::optional(std::move(out[0])) : std::nullopt;
    }
    [[gnu::cold]] std::optional<std::uint64_t> number(Group const& at,
                                                      std::string const& name) const {
        if (H5Aexists(at.id(), name.c_str()) <= 0) return {};
        detail::Hdf5Handle const a(check(H5Aopen(at.id(), name.c_str(), H5P_DEFAULT)), H5Aclose);
        detail::Hdf5Handle const extent(check(H5Aget_space(a.id())), H5Sclose);
        std::uint64_t value = 0;
        if (H5Sget_simple_extent_npoints(extent.id()) != 1 ||
            H5Aread(a.id(), H5T_NATIVE_UINT64, &value) < 0)
            refuse({"attribute ", shown(name), " is no whole number."});
        return value;
    }

    [[noreturn, gnu::cold]] void refuse(std::initializer_list<detail::Piece> what) const {
        detail::fail(Error::Kind::data, {path_}, what);
    }

private:
    template <class Id>
    [[gnu::cold]] Id check(Id id) const {
        if (id < 0) refuse({"cannot be read: HDF5 says: ", detail::hdf5_error(), "."});
        return id;
    }

    /// What lies at the end of a path of hard links below `at`; not open: nothing, or another kind.
    [[gnu::cold]] detail::Hdf5Handle object(Group const& at, std::string const& path,
                                            H5I_type_t kind) const {
        detail::Hdf5Handle here;
        std::string_view rest = path;
        while (true) {
            auto const slash = rest.find('/');
            std::string const part(rest.substr(0, slash));
            hid_t const from = here.is_open() ? here.id() : at.id();
            if (part.empty() || part == ".")
                refuse({"names its object ", shown(path), ", which is no path within a group."});
            if (H5Lexists(from, part.c_str(), H5P_DEFAULT) <= 0) return {};
            H5L_info_t link;
            check(H5Lget_info(from, part.c_str(), &link, H5P_DEFAULT));
            if (link.type != H5L_TYPE_HARD)
                refuse({"reaches ", shown(path),
                        " by a soft or external link, which is not "
                        "followed. Copy what it points to."});
            here = {check(H5Oopen(from, part.c_str(), H5P_DEFAULT)), H5Oclose};
            bool const last = slash == std::string_view::npos;
            if (H5Iget_type(here.id()) != (last ? kind : H5I_GROUP)) return {};
            if (last) return here;
            rest.remove_prefix(slash + 1);
        }
    }

    [[gnu::cold]] void add_strings(Group const& at, std::string const& name,
                                   std::vector<std::string>& to) const {
        detail::Hdf5Handle const a(check(H5Aopen(at.id(), name.c_str(), H5P_DEFAULT)), H5Aclose);
        detail::Hdf5Handle const extent(check(H5Aget_space(a.id())), H5Sclose);
        detail::Hdf5Handle const type(check(H5Aget_type(a.id())), H5Tclose);
        auto const points = H5Sget_simple_extent_npoints(extent.id());
        check(points);
        if (points == 0) return; // Keras: a list of no names is stored as no numbers
        if (H5Tget_class(type.id()) != H5T_STRING)
            refuse({"attribute ", shown(name), " holds no text."});
        auto const n = std::uint64_t(points);
        std::size_t const each = H5Tget_size(type.id());
        std::uint64_t bytes = 0;
        if (!checked_mul(n, each, bytes) || bytes > size_)
            refuse({"attribute ", shown(name), " claims more text than the file is long."});
        if (H5Tis_variable_str(type.id()) > 0) {
            // n null pointers first: what HDF5 has not filled in must not be freed
            Strings strings{std::unique_ptr<char*[]>(new char*[std::size_t(n)]()), type.id(),
                            extent.id()};
            check(H5Aread(a.id(), type.id(), strings.pointers.get()));
            for (std::size_t i = 0; i < std::size_t(n); ++i) {
                char const* const s = strings.pointers[i];
                to.emplace_back(s ? s : "");
            }
        } else {
            std::string text(std::size_t(bytes), '\0');
            check(H5Aread(a.id(), type.id(), text.data()));
            for (std::size_t i = 0; i < text.size(); i += each) {
                auto const one = std::string_view(text).substr(i, each);
                to.emplace_back(one.substr(0, one.find('\0')));
            }
        }
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
