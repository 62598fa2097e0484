// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace lamina {

/// A pool of threads, made by whoever wants one; the thread that calls works too. It has no global state. Workers wait for
/// work for some microseconds with their eyes open and then sleep.
///
/// After fork() the workers exist in the parent only: in the child every call runs on the caller. A second caller, and a call
/// from inside a task, run on their own thread. What a task throws is rethrown to the caller; the pool stays usable.
class Threads {
public:
    /// `count` threads, the caller among them; 0: one for each core.
    explicit Threads(std::size_t count = 0) : state_(std::make_unique<State>()) {
        if (count == 0) count = std::thread::hardware_concurrency();
        for (std::size_t i = 1; i < count; ++i)
            state_->workers.emplace_back([state = state_.get(), i] { state->work(i); });
    }
    Threads(Threads const&) = delete;
    Threads& operator=(Threads const&) = delete;
    ~Threads() {
        if (state_->owner != process()) {   // a forked child: there is nobody to join, and waiting on what they held would hang
            for (auto& w : state_->workers) w.detach();
            (void)state_.release();
            return;
        }
        {
            std::lock_guard const lock(state_->mutex);
            state_->stop = true;
        }
        state_->wake.notify_all();
        for (auto& w : state_->workers) w.join();
    }

    std::size_t count() const { return state_->workers.size() + 1; }

    /// f(i, worker) for i = 0 ... n - 1; worker < count(). Returns when all are done. Which worker takes which i is open, so
    /// nothing may depend on it but the place of scratch memory.
    template <class F>
    void each(std::size_t n, F&& f) {
        using Task = std::remove_reference_t<F>;
        auto& s = *state_;
        if (n < 2 || s.workers.empty() || s.owner != process() || s.busy.exchange(true)) {
            for (std::size_t i = 0; i < n; ++i) f(i, std::size_t{0});
            return;
        }
        s.task = [](void* context, std::size_t i, std::size_t worker) {
            (*static_cast<Task*>(context))(i, worker);
        };
        s.context = const_cast<void*>(static_cast<void const*>(std::addressof(f)));
        s.size = n;
        s.next.store(0, std::memory_order_relaxed);
        s.error = nullptr;
        s.open();
        s.take(0);
        s.close();
        std::exception_ptr const error = std::exchange(s.error, nullptr);
        s.busy.store(false, std::memory_order_release);
        if (error) std::rethrow_exception(error);
    }

private:
    static long process() {
#if __has_include(<unistd.h>)
        return static_cast<long>(::getpid());
#else
        return 0;
#endif
    }

    struct State {
        // round << 32 | is_open | how many workers are inside. A worker enters only while the round is open, and the caller
        // leaves only when it has closed the round and nobody is inside: so task, context and size never change under anyone.
        static constexpr std::uint64_t is_open = std::uint64_t{1} << 31, one_round = std::uint64_t{1} << 32;

        void open() {
            // sequentially consistent, like the sleeper's count: either we see the sleeper, or it sees the round
            std::uint64_t const now = round.load(std::memory_order_relaxed);
            round.store((now / one_round + 1) * one_round + is_open);
            if (sleepers.load() > 0) {
                { std::lock_guard const lock(mutex); }
                wake.notify_all();
            }
        }
        void close() {
            round.fetch_and(~is_open, std::memory_order_acq_rel);
            for (int spin = 0; (round.load(std::memory_order_acquire) & (is_open - 1)) != 0; ++spin)
                spin < patience ? pause() : std::this_thread::yield();
        }
        void take(std::size_t worker) {
            for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < size;) {
                try {
                    task(context, i, worker);
                } catch (...) {
                    std::lock_guard const lock(mutex);
                    if (!error) error = std::current_exception();
                }
            }
        }
        void work(std::size_t worker) {
            std::uint64_t done = 0;   // the round that this worker has been in
            auto const is_new = [&](std::uint64_t r) { return (r & is_open) && r / one_round != done; };
            while (true) {
                std::uint64_t r = round.load(std::memory_order_acquire);
                for (int spin = 0; !is_new(r) && spin < patience; ++spin) {
                    pause();
                    r = round.load(std::memory_order_acquire);
                }
                if (!is_new(r)) {
                    std::unique_lock lock(mutex);
                    sleepers.fetch_add(1);
                    wake.wait(lock, [&] { return stop || is_new(round.load()); });
                    sleepers.fetch_sub(1);
                    if (stop) return;
                    continue;
                }
                if (!round.compare_exchange_strong(r, r + 1, std::memory_order_acq_rel)) continue;
                done = r / one_round;
                take(worker);
                round.fetch_sub(1, std::memory_order_acq_rel);
            }
        }
        static void pause() {
#if defined(__x86_64__) || defined(__i386__)
            __builtin_ia32_pause();
#else
            std::this_thread::yield();
#endif
        }

        static constexpr int patience = 2000;   // spins before sleeping: some tens of microseconds
        alignas(64) std::atomic<std::uint64_t> round{0};
        alignas(64) std::atomic<std::size_t> next{0};
        void (*task)(void*, std::size_t, std::size_t) = nullptr;
        void* context = nullptr;
        std::size_t size = 0;
        std::exception_ptr error;
        alignas(64) std::atomic<int> sleepers{0};
        std::atomic<bool> busy{false};
        std::mutex mutex;
        std::condition_variable wake;
        bool stop = false;
        long owner = process();
        std::vector<std::thread> workers;
    };
    std::unique_ptr<State> state_;
};

/// f(begin, end, worker) for the pieces of [0, n) that are `grain` long (the last may be shorter). The pieces depend on n and
/// grain alone, never on the threads: so do the bits. Without threads, or with one piece, the caller does it all.
template <class F>
void parallel_for(Threads* threads, std::size_t n, std::size_t grain, F&& f) {
    std::size_t const pieces = (n + grain - 1) / grain;
    auto const piece = [&](std::size_t i, std::size_t worker) {
        std::size_t const end = (i + 1) * grain;
        f(i * grain, end < n ? end : n, worker);
    };
    if (threads && pieces > 1) threads->each(pieces, piece);
    else for (std::size_t i = 0; i < pieces; ++i) piece(i, 0);
}

} // namespace lamina
