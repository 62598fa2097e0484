// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The one header that includes libhdf5. A program that includes it links lamina::hdf5. HDF5 keeps
// global state: where the library was not built to be thread-safe, one thread at a time may use it.

#include <lamina/io/dtype.hpp>

#include <hdf5.h>

#include <string>
#include <utility>

namespace lamina::detail {

/// An HDF5 object of any kind that closes itself.
class Hdf5Handle {
public:
    Hdf5Handle() = default;
    explicit Hdf5Handle(hid_t id) : id_(id) {}
    Hdf5Handle(Hdf5Handle&& other) noexcept : id_(std::exchange(other.id_, hid_t(-1))) {}
    Hdf5Handle& operator=(Hdf5Handle&& other) noexcept {
        std::swap(id_, other.id_);
        return *this;
    }
    [[gnu::cold, gnu::noinline]] ~Hdf5Handle() {
        if (id_ >= 0) H5Idec_ref(id_); // closes what nobody else has open, whatever it is
    }
    hid_t id() const { return id_; }
    bool is_open() const { return id_ >= 0; }

private:
    hid_t id_ = -1;
};

/// A name as HDF5 takes it: a text that ends with a NUL byte.
struct Hdf5Name {
    char const* text;

    Hdf5Name(char const* t) : text(t) {}
    Hdf5Name(std::string const& t) : text(t.c_str()) {}
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

/// What a number is in a file, little-endian, and in memory; -1 where lamina stores none such.
struct Hdf5Type {
    hid_t file = -1, memory = -1;
};
[[gnu::cold]] inline Hdf5Type hdf5_type(DType type) {
    switch (type) {
    case DType::f32:
        return {H5T_IEEE_F32LE, H5T_NATIVE_FLOAT};
    case DType::f64:
        return {H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE};
    case DType::i32:
        return {H5T_STD_I32LE, H5T_NATIVE_INT32};
    case DType::u64:
        return {H5T_STD_U64LE, H5T_NATIVE_UINT64};
    case DType::u8:
        return {H5T_STD_U8LE, H5T_NATIVE_UINT8};
    default:
        return {};
    }
}

} // namespace lamina::detail
