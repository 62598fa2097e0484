// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/direct_convolution.hpp>
#include <lamina/kernels/direct_gradients.hpp>
#include <lamina/kernels/gemm.hpp>
#include <lamina/kernels/lane_strips.hpp>
#include <lamina/kernels/strips.hpp>
#include <lamina/kernels/windows.hpp>
#include <lamina/kernels/winograd.hpp>
#include <lamina/kernels/winograd_gradients.hpp>

#include <algorithm>
#include <cstddef>

/// What a convolution is, and which way its shapes choose.
namespace lamina::kernels {

/// The ways that a convolution may go, and for what.
enum class Way { plain, lanes, winograd, strips, direct, written };
enum class Pass { forward, kernel_gradient, dx };

/// Ways that are left. Those that the shapes rule out need not be compiled.
struct Ways {
    bool plain = true, lanes = true, winograd = true, strips = true, direct = true, written = true;
};

/// A convolution: y[pixel, f] = sum over the taps t and the channels c of its group of
/// x[window's t, c] kernel[t, c, f] + bias[f]. kernel is [taps, channels / groups, filters].
struct Convolution {
    Windows windows;
    std::size_t filters, groups = 1;

    constexpr std::size_t group_channels() const { return windows.channels / groups; }
    constexpr std::size_t group_filters() const { return filters / groups; }
    /// Numbers of one window, of one group.
    constexpr std::size_t depth() const { return windows.taps() * group_channels(); }
    constexpr bool plain() const { return groups == 1 && windows.plain(); }

    /// Taps whose products are summed in one matrix product: all, the window's rows, or one.
    constexpr std::size_t taps_at_once(std::size_t most) const {
        std::size_t const row = windows.kernel_width * group_channels();
        if (depth() <= most) return windows.taps();
        return row <= most ? windows.kernel_width : 1;
    }
    constexpr std::size_t segment() const { return taps_at_once(640); }
    /// Windows written out at once: enough that copies of the kernel cost little, few enough for
    /// the cache.
    constexpr std::size_t rows_at_once() const {
        std::size_t const numbers = segment() * group_channels();
        return std::clamp<std::size_t>(65536 / numbers, 224, 1024);
    }
    /// Whether it is computed lane by lane, forward and backward.
    constexpr bool in_lanes() const { return detail::goes_in_lanes(direct_size()); }
    /// Whether the convolution, or its gradient towards x, is computed without writing windows out.
    constexpr bool direct() const {
        return !in_lanes() && !in_strips() && detail::goes_directly(direct_size());
    }
    constexpr bool direct_dx() const {
        return !in_lanes() && !in_strips_dx() && windows.stride_x == 1 && windows.stride_y == 1 &&
               detail::goes_directly(direct_dx_size());
    }
    /// Whether it, or its gradient towards x, is computed strip by strip.
    constexpr bool in_strips() const { return detail::goes_in_strips(direct_size()); }
    constexpr bool in_strips_dx() const { return detail::goes_back_in_strips(direct_size()); }
    constexpr detail::DirectSize direct_size() const {
        return {windows, groups, group_channels(), group_filters()};
    }
    constexpr detail::DirectSize direct_dx_size() const {
        return {detail::turned(windows, filters), groups, group_filters(), group_channels()};
    }
    /// Whether one of them goes by Winograd's products, where there are pixels enough.
    constexpr bool winograd() const { return detail::goes_by_winograd(direct_size()); }
    constexpr bool winograd_dx() const { return detail::goes_by_winograd(direct_dx_size()); }
    /// Ways there and, for the gradient of x, back.
    constexpr Ways ways() const { return ways(winograd(), in_strips(), direct()); }
    constexpr Ways ways_dx() const { return ways(winograd_dx(), in_strips_dx(), direct_dx()); }
    /// The one that is taken for so many images: the first that is left and pays. prepared: the
    /// kernel is turned for it.
    constexpr Way way(Pass pass, std::size_t batch, bool prepared = false) const {
        bool const back = pass == Pass::dx;
        Ways const left = back ? ways_dx() : ways();
        detail::DirectSize const d = back ? direct_dx_size() : direct_size();
        // few windows see the kernel from afar, and must be worth turning it
        std::size_t const least = back ? 256 : pass == Pass::forward ? 100 : 0;
        return left.plain                                                   ? Way::plain
               : left.lanes                                                 ? Way::lanes
               : left.winograd && detail::winograd_pays(d, batch, prepared) ? Way::winograd
               : left.strips                                                ? Way::strips
               : left.direct && batch * d.windows.out_pixels() >= least     ? Way::direct
                                                                            : Way::written;
    }
    /// Numbers of the kernel, packed for them; they lie at the end of the scratch.
    template <class T>
    constexpr std::size_t packed() const {
        std::size_t most = direct_dx() ? detail::packed_size<T>(direct_dx_size()) : 0;
        if (winograd()) most = std::max(most, detail::winograd_kernel<T>(direct_size()));
        if (winograd_dx()) most = std::max(most, detail::winograd_kernel<T>(direct_dx_size()));
        return most;
    }
    /// Numbers of scratch memory that its matrix products want for each worker.
    template <class T>
    constexpr std::size_t product_scratch() const {
        return gemm_scratch<T>(std::max({filters, windows.channels, segment() * group_channels()}));
    }
    /// Numbers of scratch memory for each worker.
    template <class T>
    constexpr std::size_t scratch() const {
        if (in_lanes()) return detail::lane_scratch<T>(direct_size());
        std::size_t const rows = plain() ? 0 : rows_at_once() * segment() * group_channels();
        std::size_t most = product_scratch<T>() + (rows + 15) / 16 * 16;
        if (direct())
            most = std::max({most, detail::direct_scratch<T>(direct_size()),
                             detail::pair_scratch<T>(direct_size())});
        if (direct_dx()) most = std::max(most, detail::direct_scratch<T>(direct_dx_size()));
        if (winograd())
            most = std::max({most, detail::winograd_scratch<T>(direct_size()),
                             detail::winograd_gradient_scratch<T>(direct_size())});
        if (winograd_dx()) most = std::max(most, detail::winograd_scratch<T>(direct_dx_size()));
        if (in_strips()) most = std::max(most, detail::strip_scratch<T>(direct_size()));
        if (in_strips_dx()) most = std::max(most, detail::strip_scratch_back<T>(direct_size()));
        return most + packed<T>();
    }

private:
    constexpr Ways ways(bool by_winograd, bool strips, bool directly) const {
        bool const others = !plain() && !in_lanes();
        return {plain(),          !plain() && in_lanes(), others && by_winograd,
                others && strips, others && directly,     others && !strips};
    }
};

} // namespace lamina::kernels
