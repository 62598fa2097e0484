// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/list.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>
#include <lamina/data/atomic_file.hpp>
#include <lamina/io/document.hpp>
#include <lamina/io/hdf5_handle.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

namespace lamina {

/// An HDF5 file as h5py writes it (superblock 0, contiguous data sets, no filters), put together in
/// memory and then saved whole. While it is saved it takes twice the file's size in memory.
///
/// Errors      (run time) Kind::file: cannot be put together or saved
class Hdf5Writer {
public:
    using Group = detail::Hdf5Handle;

    [[gnu::cold]] explicit Hdf5Writer(std::string path) : path_(std::move(path)) {
        detail::check_path(path_);
        auto const access = own(H5Pcreate(H5P_FILE_ACCESS));
        check(H5Pset_fapl_core(access.id(), std::size_t{1} << 20, false));
        std::string const name = detail::message({path_, "#", std::uintptr_t(this)}); // unique
        file_ = own(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.id()));
        // makes the groups in between; without times, so that the same model gives the same bytes
        between_ = own(H5Pcreate(H5P_LINK_CREATE));
        check(H5Pset_create_intermediate_group(between_.id(), 1));
        plain_ = own(H5Pcreate(H5P_DATASET_CREATE));
        check(H5Pset_obj_track_times(plain_.id(), false));
        root_ = own(H5Gopen2(file_.id(), "/", H5P_DEFAULT));
    }

    Group const& root() const { return root_; }
    [[gnu::cold]] Group group(Group const& parent, detail::Hdf5Name name) {
        return own(H5Gcreate2(parent.id(), name.text, between_.id(), H5P_DEFAULT, H5P_DEFAULT));
    }
    /// A group that was made before.
    [[gnu::cold]] Group open(detail::Hdf5Name path) {
        return own(H5Gopen2(root_.id(), path.text, H5P_DEFAULT));
    }

    /// An attribute of one string of any length.
    [[gnu::cold]] void text(Group const& at, detail::Hdf5Name name, detail::Hdf5Name value,
                            bool utf8 = false) {
        auto const type = string_type(H5T_VARIABLE, utf8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII);
        attribute(at, name, type, space({}), &value.text);
    }
    /// An attribute of strings, as Keras stores lists of names: strings of any length; none at all
    /// as no numbers; too many for one attribute in several, name0, name1, ...
    [[gnu::cold]] void names(Group const& at, detail::Hdf5Name name,
                             detail::List<std::string> const& values) {
        std::uint64_t const none = 0, all = values.size();
        if (values.empty()) {
            auto const type = own(H5Tcopy(H5T_IEEE_F64LE));
            return attribute(at, name, type, space({&none, 1}), nullptr);
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
            return attribute(at, name, string_type(H5T_VARIABLE, H5T_CSET_ASCII), space({&all, 1}),
                             pointers.get());
        }
        std::size_t next = 0; // the first pieces have one more where it does not come out even
        for (std::size_t k = 0; k < pieces; ++k) {
            std::uint64_t const n = values.size() / pieces + (k < values.size() % pieces);
            std::string fixed(n * longest, '\0');
            for (std::size_t i = 0; i < n; ++i, ++next)
                values[next].copy(fixed.data() + i * longest, longest);
            attribute(at, detail::message({name.text, k}), string_type(longest, H5T_CSET_ASCII),
                      space({&n, 1}), fixed.data());
        }
    }
    [[gnu::cold]] void number(Group const& at, detail::Hdf5Name name, std::uint64_t value) {
        auto const type = own(H5Tcopy(H5T_STD_U64LE));
        detail::Hdf5Handle const extent = space({});
        auto const made =
            own(H5Acreate2(at.id(), name.text, type.id(), extent.id(), H5P_DEFAULT, H5P_DEFAULT));
        check(H5Awrite(made.id(), H5T_NATIVE_UINT64, &value));
    }

    using Shape = Span<std::uint64_t const>;
    [[gnu::cold]] void tensor(Group const& at, detail::Hdf5Name name, Shape shape, DType dtype,
                              void const* data) {
        auto const type = detail::hdf5_type(dtype);
        auto const extent = space(shape);
        auto const made = own(H5Dcreate2(at.id(), name.text, type.file, extent.id(), between_.id(),
                                         plain_.id(), H5P_DEFAULT));
        bool any = true;
        for (auto const d : shape) any = any && d > 0;
        if (any) check(H5Dwrite(made.id(), type.memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data));
    }
    [[gnu::cold]] void tensor(Group const& at, Entry const& e) {
        tensor(at, e.name, e.shape, e.dtype, e.data);
    }
    /// Numbers in one axis.
    [[gnu::cold]] void row(Group const& at, detail::Hdf5Name name, std::uint64_t n, DType dtype,
                           void const* data) {
        tensor(at, name, {&n, 1}, dtype, data);
    }

    /// The file's bytes. Nothing can be added afterwards.
    struct Image {
        std::unique_ptr<std::byte[]> bytes;
        std::size_t size;
    };
    [[gnu::cold]] Image image() {
        check(H5Fflush(file_.id(), H5F_SCOPE_GLOBAL));
        auto const size = std::size_t(check(H5Fget_file_image(file_.id(), nullptr, 0)));
        Image out{std::unique_ptr<std::byte[]>(new std::byte[size]), size};
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

    [[gnu::cold]] std::int64_t check(std::int64_t id) const {
        if (id < 0) refuse({"could not be put together: HDF5 says: ", detail::hdf5_error(), "."});
        return id;
    }
    [[gnu::cold]] detail::Hdf5Handle own(hid_t id) const { return detail::Hdf5Handle(check(id)); }
    [[noreturn, gnu::cold]] void refuse(std::initializer_list<detail::Piece> what) const {
        detail::fail(Error::Kind::file, {path_}, {detail::message(what), " Nothing was saved."});
    }
    [[gnu::cold]] detail::Hdf5Handle space(Span<std::uint64_t const> shape) const {
        if (shape.empty()) return own(H5Screate(H5S_SCALAR));
        std::unique_ptr<hsize_t[]> const dims(new hsize_t[shape.size()]);
        for (std::size_t i = 0; i < shape.size(); ++i) dims[i] = shape[i];
        return own(H5Screate_simple(int(shape.size()), dims.get(), nullptr));
    }
    [[gnu::cold]] detail::Hdf5Handle string_type(std::size_t size, H5T_cset_t set) const {
        auto type = own(H5Tcopy(H5T_C_S1));
        check(H5Tset_size(type.id(), size));
        if (size != H5T_VARIABLE) check(H5Tset_strpad(type.id(), H5T_STR_NULLPAD));
        check(H5Tset_cset(type.id(), set));
        return type;
    }
    [[gnu::cold]] void attribute(Group const& at, detail::Hdf5Name name,
                                 detail::Hdf5Handle const& type, detail::Hdf5Handle const& extent,
                                 void const* data) {
        auto const made =
            own(H5Acreate2(at.id(), name.text, type.id(), extent.id(), H5P_DEFAULT, H5P_DEFAULT));
        if (data) check(H5Awrite(made.id(), type.id(), data));
    }

    detail::Hdf5Quiet quiet_;
    std::string path_;
    detail::Hdf5Handle file_, between_, plain_, root_;
};

} // namespace lamina
