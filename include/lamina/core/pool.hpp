// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/core/raise.hpp>

#if LAMINA_BODIES
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>
#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

/// What is behind Threads.
namespace lamina {

struct Threads::State {
    // round << 32 | is_open | how many workers are inside. A worker enters only while the round
    // is open, and the caller leaves only when it has closed the round and nobody is inside: so
    // task, context and size never change under anyone. The caller waits for nobody who has
    // not entered, so in a forked child, where nobody will, it does all the work; but what
    // sleepers hold must not be touched there.
    static constexpr std::uint64_t is_open = std::uint64_t{1} << 31;
    static constexpr std::uint64_t one_round = std::uint64_t{1} << 32;

    /// Tasks [next, end): each worker's own. What one worker wrote, and the same piece of the next
    /// call reads, is then still in its core's cache.
    struct alignas(64) Share {
        std::atomic<std::size_t> next{0};
        std::size_t end = 0;
    };
    explicit State(std::size_t count) : shares(count) {}

    void open() {
        // sequentially consistent, like the sleeper's count: either we see the sleeper, or it
        // sees the round
        std::uint64_t const now = round.load(std::memory_order_relaxed);
        round.store((now / one_round + 1) * one_round + is_open);
        if (sleepers.load() > 0 && owner == process()) {
            {
                std::lock_guard const lock(mutex);
                ++calls;
            }
            wake.notify_all();
        }
    }
    void close() {
        round.fetch_and(~is_open, std::memory_order_acq_rel);
        int spin = 0;
        while ((round.load(std::memory_order_acquire) & (is_open - 1)) != 0) {
            if (spin < patience) {
                pause();
                ++spin;
            } else {
                std::this_thread::yield();
            }
        }
    }
    bool is_ready() {
        if (sleepers.load(std::memory_order_relaxed) == 0) return true;
        if (crowded) return false;
        auto const now = Clock::now().time_since_epoch().count();
        auto const before = asked.exchange(now, std::memory_order_relaxed);
        bool const soon = now - before < Clock::duration(succession).count();
        int const row = soon ? in_a_row.load(std::memory_order_relaxed) + 1 : 0;
        in_a_row.store(row < often ? row : 0, std::memory_order_relaxed);
        return row == often;
    }
    /// What is thrown right now by task i.
    void keep_error(std::size_t i) {
        std::lock_guard const lock(error_mutex);
        if (!error || i < failed) {
            error = std::current_exception();
            failed = i;
        }
    }
    void divide(std::size_t n) {
        std::size_t const count = shares.size();
        for (std::size_t i = 0, begin = 0; i < count; ++i) {
            shares[i].next.store(begin, std::memory_order_relaxed);
            begin = shares[i].end = begin + n / count + (i < n % count);
        }
    }
    /// This worker's own tasks, and then what others have not begun.
    void take(std::size_t worker) {
        std::size_t const count = shares.size();
        for (std::size_t turn = 0; turn < count; ++turn) {
            Share& share = shares[(worker + turn) % count];
            std::size_t i;
            while ((i = share.next.fetch_add(1, std::memory_order_relaxed)) < share.end) {
                LAMINA_TRY { task(context, i, worker); }
                LAMINA_CATCH(..., keep_error(i);)
            }
        }
    }
    void work(std::size_t worker) {
        std::uint64_t done = 0; // the round that this worker has been in
        auto const is_new = [&](std::uint64_t r) {
            return (r & is_open) != 0 && r / one_round != done;
        };
        while (true) {
            std::uint64_t r = round.load(std::memory_order_acquire);
            for (int spin = 0; !is_new(r) && spin < patience; ++spin) {
                pause();
                r = round.load(std::memory_order_acquire);
            }
            if (auto const until = Clock::now() + idle; !is_new(r) && !crowded) {
                do {
                    std::this_thread::yield();
                    r = round.load(std::memory_order_acquire);
                } while (!is_new(r) && !stop && Clock::now() < until);
            }
            if (!is_new(r)) {
                std::unique_lock lock(mutex);
                sleepers.fetch_add(1);
                // who is called too late for this round looks for the next one with open eyes
                wake.wait(lock, [&, seen = calls] {
                    return stop || calls != seen || is_new(round.load());
                });
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
    /// When no round is running: ends the workers.
    void join() {
        {
            std::lock_guard const lock(mutex);
            stop = true;
        }
        wake.notify_all();
        for (auto& worker : workers) worker.join();
    }
    static long process() {
#if __has_include(<unistd.h>)
        return static_cast<long>(::getpid());
#else
        return 0;
#endif
    }
    static void pause() {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#else
        std::this_thread::yield();
#endif
    }

    // Before a worker sleeps it looks for work for some tens of microseconds, and then, if each
    // thread has a core, as long again as lets others have it who want it: to be woken takes the
    // caller ten microseconds, in which small layers are done.
    using Clock = std::chrono::steady_clock;
    static constexpr int patience = 2000;
    static constexpr auto idle = std::chrono::microseconds(300);
    // Who asks so often in a row keeps on asking, most likely, and so soon that a worker, once
    // awake, does not fall asleep between: so many small pieces of work take some twenty times as
    // long as it takes to wake a thread.
    static constexpr auto succession = std::chrono::microseconds(100);
    static constexpr int often = 64;
    std::atomic<Clock::rep> asked{0};
    std::atomic<int> in_a_row{0};
    alignas(64) std::atomic<std::uint64_t> round{0};
    alignas(64) Task task = nullptr;
    void* context = nullptr;
    std::vector<Share> shares;
    bool const crowded = shares.size() > std::thread::hardware_concurrency();
    std::mutex error_mutex;
    std::exception_ptr error;
    std::size_t failed = 0; // the i of error
    alignas(64) std::atomic<int> sleepers{0};
    std::atomic<bool> busy{false};
    std::mutex mutex;
    std::condition_variable wake;
    unsigned calls = 0; // how often sleepers were woken; the mutex guards it
    std::atomic<bool> stop{false};
    long owner = process();
    std::vector<std::thread> workers;
};

LAMINA_INLINE Threads::Threads(std::size_t count)
    : state_(new State(count > 0 ? count : std::max(1u, std::thread::hardware_concurrency()))) {
    LAMINA_TRY {
        for (std::size_t i = 1; i < state_->shares.size(); ++i)
            state_->workers.emplace_back([state = state_, i] { state->work(i); });
    }
    LAMINA_CATCH(..., state_->join(); delete state_; throw;)
}
LAMINA_INLINE Threads::~Threads() {
    // In a forked child there is nobody to join, and to destroy what the workers waited on would
    // wait for them: it is left to the end of the process.
    if (state_->owner != State::process()) return;
    state_->join();
    delete state_;
}
LAMINA_INLINE std::size_t Threads::count() const { return state_->workers.size() + 1; }
LAMINA_INLINE bool Threads::ready() { return state_->is_ready(); }

LAMINA_INLINE void Threads::run(std::size_t n, void* context, Task task) {
    auto& s = *state_;
    if (n < 2 || s.workers.empty() || s.busy.exchange(true, std::memory_order_acquire))
        return alone(n, context, task);
    s.task = task;
    s.context = context;
    s.divide(n);
    s.open();
    s.take(0);
    s.close();
    std::exception_ptr const error = std::exchange(s.error, nullptr);
    s.busy.store(false, std::memory_order_release);
    if (error) std::rethrow_exception(error);
}

LAMINA_INLINE void Threads::pieces(std::size_t n, std::size_t grain, void const* f, Part part) {
    each(n / grain + (n % grain != 0), [&](std::size_t i, std::size_t worker) {
        std::size_t const begin = i * grain;
        part(f, begin, n - begin < grain ? n : begin + grain, worker);
    });
}

LAMINA_INLINE void Threads::alone(std::size_t n, void* context, Task task) {
    std::exception_ptr error;
    for (std::size_t i = 0; i < n; ++i) {
        LAMINA_TRY { task(context, i, 0); }
        LAMINA_CATCH(..., if (!error) error = std::current_exception();)
    }
    if (error) std::rethrow_exception(error);
}

} // namespace lamina

#endif
