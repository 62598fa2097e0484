// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/core/pass.hpp>
#include <lamina/kernels/convolution_ways.hpp>
#include <lamina/kernels/direct_convolution.hpp>
#include <lamina/kernels/direct_gradients.hpp>
#include <lamina/kernels/gemm.hpp>
#include <lamina/kernels/lane_gradients.hpp>
#include <lamina/kernels/lane_strips.hpp>
#include <lamina/kernels/linear.hpp>
#include <lamina/kernels/strip_gradients.hpp>
#include <lamina/kernels/strips.hpp>
#include <lamina/kernels/winograd.hpp>
#include <lamina/kernels/winograd_gradients.hpp>
#include <lamina/kernels/written_convolution.hpp>

#include <cstddef>
#include <type_traits>

/// Convolution of images with their channels last, forward and backward. Windows of 3 x 3 pixels go
/// by Winograd's products; of others, and of few channels, tiles read what the windows see from
/// strips of the image or from the image itself. Else it is written out as rows of a matrix. A
/// caller that knows the shapes beforehand says which Ways are left.
namespace lamina::kernels {

namespace detail {

/// dx *= slope(x), where x lies as dx does.
template <class T, class Slope>
struct SlopeAt {
    Slope const& slope;
    T const* x;
    SlopeOf<T, Slope> operator()(std::size_t at, std::size_t ld) const {
        return {slope, x + at, ld};
    }
};
/// What finishes dx: the slope, or for a transposed convolution e.
template <class T, class Slope, class Epilogue>
auto finish_dx_at(Slope const& slope, T const* x, Epilogue const& e) {
    if constexpr (std::is_same_v<Slope, NoEpilogue>) return SameFinish<T>{finish_value<T>(e)};
    else return SlopeAt<T, Slope>{slope, x};
}

} // namespace detail

/// Numbers of what a kernel is turned into for its forward pass, and the same, once for many of
/// them. None: it is read as it is.
template <class T>
constexpr std::size_t prepared_kernel(Convolution const& c) {
    return c.ways().winograd ? detail::winograd_kernel<T>(c.direct_size()) : 0;
}
template <class T>
void prepare_kernel(Convolution const& c, T const* kernel, T* to) {
    detail::DirectSize const d = c.direct_size();
    detail::transform_kernels(d, kernel, 0, d.filters, to, nullptr);
}

/// y[batch, out pixels, filters] = e.value(convolution of x + bias); bias may be null. prepared: of
/// prepare_kernel, or null.
template <Ways W = Ways{}, class Epilogue = NoEpilogue, class T>
void convolve(Convolution const& c, std::size_t batch, T const* x, T const* kernel, T const* bias,
              T* y, Epilogue const& e, T* scratch, Threads* threads,
              [[maybe_unused]] T const* prepared = nullptr) {
    std::size_t const rows = batch * c.windows.out_pixels(), apart = c.template scratch<T>();
    detail::SameFinish<T> const finish_at{detail::finish_value<T>(e)};
    Way const way = c.way(Pass::forward, batch, prepared != nullptr);
    if constexpr (W.plain)
        if (way == Way::plain)
            return gemm<T>({.m = rows,
                            .n = c.filters,
                            .k = c.windows.channels,
                            .a = x,
                            .lda = c.windows.channels,
                            .b = kernel,
                            .ldb = c.filters,
                            .c = y,
                            .ldc = c.filters,
                            .bias = bias,
                            .finish = finish_at.of},
                           scratch, threads);
    detail::DirectSize const d = c.direct_size();
    if constexpr (W.lanes)
        if (way == Way::lanes)
            return detail::convolve_in_lanes(d, batch, x, kernel, bias, y, finish_at, scratch,
                                             apart, threads);
    if constexpr (W.winograd)
        if (way == Way::winograd)
            return detail::convolve_by_winograd(d, batch, x,
                                                detail::KernelProducts<T>{d, kernel, prepared},
                                                bias, y, finish_at, scratch, apart, threads);
    if constexpr (W.strips)
        if (way == Way::strips)
            return detail::convolve_in_strips(d, batch, x, kernel, bias, y, finish_at, scratch,
                                              apart, threads);
    if constexpr (W.direct)
        if (way == Way::direct) {
            detail::KernelPanels<T> panels{kernel, c.filters, detail::panel_width<T>(), d.filters};
            return detail::convolve_directly(d, batch, x, panels, bias, y, finish_at, scratch,
                                             apart, threads);
        }
    if constexpr (W.written)
        detail::convolve_written(c, batch, x, kernel, bias, y, finish_at.of, scratch, threads);
}

/// dkernel += the sum over all windows of (what the window sees)' dy, dbias += column sums of dy;
/// dbias may be null.
template <Ways W = Ways{}, class T>
void convolve_gradients(Convolution const& c, std::size_t batch, T const* x, T const* dy,
                        T* dkernel, T* dbias, T* scratch, Threads* threads) {
    std::size_t const rows = batch * c.windows.out_pixels(), apart = c.template scratch<T>();
    detail::DirectSize const d = c.direct_size();
    Way const way = c.way(Pass::kernel_gradient, batch);
    if constexpr (W.lanes)
        if (way == Way::lanes)
            return detail::add_gradients_in_lanes(d, batch, x, dy, dkernel, dbias, scratch, apart,
                                                  threads);
    if constexpr (W.winograd)
        if (way == Way::winograd)
            return detail::add_gradients_by_winograd(d, batch, x, dy, dkernel, dbias, scratch,
                                                     apart, threads);
    if constexpr (W.strips)
        if (way == Way::strips)
            return detail::add_gradients_in_strips(d, batch, x, dy, dkernel, dbias, scratch, apart,
                                                   threads);
    if constexpr (W.direct)
        if (way == Way::direct)
            return detail::add_kernel_gradients(d, batch, x, dy, dkernel, dbias, scratch, apart,
                                                threads);
    if constexpr (W.plain || W.written)
        if (dbias) detail::add_column_sums(rows, c.filters, dy, dbias, threads);
    if constexpr (W.plain)
        if (way == Way::plain)
            return gemm<T>({.m = c.windows.channels,
                            .n = c.filters,
                            .k = rows,
                            .a = x,
                            .lda = c.windows.channels,
                            .transposed_a = true,
                            .b = dy,
                            .ldb = c.filters,
                            .beta = T{1},
                            .c = dkernel,
                            .ldc = c.filters},
                           scratch, threads);
    if constexpr (W.written)
        detail::add_gradients_written(c, batch, x, dy, dkernel, scratch, threads);
}

/// dx = the transpose of the convolution of dy, times slope(x), x being what an activation made.
/// `bias` (of the channels of x, or null) and `e` serve a transposed convolution, whose forward
/// pass this is: dx = e.value(... + bias).
template <Ways W = Ways{}, class Slope = NoEpilogue, class Epilogue = NoEpilogue, class T>
void convolve_dx(Convolution const& c, std::size_t batch, T const* dy, T const* kernel, T* dx,
                 T const* x, Slope const& slope, T* scratch, Threads* threads,
                 T const* bias = nullptr, Epilogue const& e = {}) {
    auto const finish_at = detail::finish_dx_at<T>(slope, x, e);
    std::size_t const apart = c.template scratch<T>();
    Way const way = c.way(Pass::dx, batch);
    if constexpr (W.lanes)
        if (way == Way::lanes)
            return detail::convolve_dx_in_lanes(c.direct_size(), batch, dy, kernel, bias, dx,
                                                finish_at, scratch, apart, threads);
    if constexpr (W.plain)
        if (way == Way::plain) {
            auto const finish = finish_at(0, c.windows.channels);
            return gemm<T>({.m = batch * c.windows.pixels(),
                            .n = c.windows.channels,
                            .k = c.filters,
                            .a = dy,
                            .lda = c.filters,
                            .b = kernel,
                            .ldb = c.filters,
                            .transposed_b = true,
                            .c = dx,
                            .ldc = c.windows.channels,
                            .bias = bias,
                            .finish = finish.finish()},
                           scratch, threads);
        }
    if constexpr (W.winograd)
        if (way == Way::winograd) {
            detail::DirectSize const d = c.direct_dx_size();
            return detail::convolve_by_winograd(d, batch, dy, detail::TurnedProducts<T>{d, kernel},
                                                bias, dx, finish_at, scratch, apart, threads);
        }
    if constexpr (W.strips)
        if (way == Way::strips)
            return detail::convolve_dx_in_strips(c.direct_size(), batch, dy, kernel, bias, dx,
                                                 finish_at, scratch, apart, threads);
    if constexpr (W.direct)
        if (way == Way::direct) {
            detail::DirectSize const d = c.direct_dx_size();
            T* const packed = scratch + apart - c.template packed<T>();
            detail::pack_turned(d, kernel, packed, threads);
            return detail::convolve_directly(d, batch, dy, detail::packed_panels(d, packed), bias,
                                             dx, finish_at, scratch, apart, threads);
        }
    if constexpr (W.written)
        detail::convolve_dx_written(c, batch, dy, kernel, dx, x, slope, scratch, threads, bias, e);
}

} // namespace lamina::kernels
