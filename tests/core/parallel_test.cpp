// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/core/parallel.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#if __has_include(<sys/wait.h>)
#include <csignal>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#define LAMINA_TEST_FORK 1
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LAMINA_TEST_SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LAMINA_TEST_SANITIZED 1
#endif

using lamina::parallel_for;
using lamina::Threads;

TEST_CASE("parallel_for covers [0, n) once, in pieces that depend on n and grain alone") {
    for (std::size_t count : {1u, 2u, 3u, 7u}) {
        Threads threads(count);
        CHECK(threads.count() == count);
        for (std::size_t n : {0u, 1u, 2u, 5u, 64u, 1000u, 1001u}) {
            for (std::size_t grain : {1u, 3u, 64u, 5000u}) {
                std::vector<std::atomic<int>> times(n);
                std::atomic<std::size_t> pieces{0}, wrong{0};
                parallel_for(&threads, n, grain,
                             [&](std::size_t begin, std::size_t end, std::size_t worker) {
                                 ++pieces;
                                 wrong += begin % grain != 0 || begin >= end || end > n;
                                 wrong += end != n && end - begin != grain;
                                 wrong += worker >= count;
                                 for (std::size_t i = begin; i < end; ++i) ++times[i];
                             });
                CHECK(pieces == (n + grain - 1) / grain);
                CHECK(wrong == 0);
                for (auto const& t : times) CHECK(t == 1);
            }
        }
    }
}

TEST_CASE("without threads the caller does it all, in order") {
    std::vector<std::size_t> begins;
    parallel_for(nullptr, 10, 4, [&](std::size_t begin, std::size_t, std::size_t worker) {
        CHECK(worker == 0);
        begins.push_back(begin);
    });
    CHECK(begins == std::vector<std::size_t>{0, 4, 8});
    // sizes near the largest do not wrap
    std::size_t const most = static_cast<std::size_t>(-1);
    std::size_t pieces = 0, last = 0;
    parallel_for(nullptr, most, most / 2, [&](std::size_t, std::size_t end, std::size_t) {
        ++pieces;
        last = end;
    });
    CHECK(pieces == 3);
    CHECK(last == most);
}

TEST_CASE("the workers work, and no two tasks have the same worker at the same time") {
    Threads threads(4);
    std::vector<std::atomic<int>> inside(4);
    std::atomic<std::size_t> clashes{0};
    std::atomic<int> seen{0};
    // every task waits for all four workers to be in one: only four threads can end this
    auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    threads.each(4, [&](std::size_t, std::size_t worker) {
        clashes += inside[worker]++ != 0;
        ++seen;
        while (seen < 4 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
        --inside[worker];
    });
    CHECK(seen == 4);
    CHECK(clashes == 0);
    for (int round = 0; round < 2000; ++round)
        threads.each(16, [&](std::size_t, std::size_t worker) {
            clashes += inside[worker]++ != 0;
            --inside[worker];
        });
    CHECK(clashes == 0);
}

TEST_CASE("each worker begins with a part of its own, and then helps the others") {
    Threads threads(4);
    std::vector<std::size_t> first(4, 99);
    std::vector<std::atomic<int>> times(10);
    std::atomic<int> seen{0};
    auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    threads.each(10, [&](std::size_t i, std::size_t worker) {
        ++times[i];
        if (first[worker] != 99) return;
        first[worker] = i;
        ++seen;
        while (seen < 4 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    });
    CHECK(first == std::vector<std::size_t>{0, 3, 6, 8});   // of 3, 3, 2 and 2
    for (auto& t : times) CHECK(t == 1);
    // who is held up in the first task of a part has the others taken over
    std::atomic<int> others{0};
    bool helped = false;
    threads.each(12, [&](std::size_t i, std::size_t) {
        if (i > 0) {
            ++others;
            return;
        }
        while (others < 11 && std::chrono::steady_clock::now() < deadline)
            std::this_thread::yield();
        helped = others == 11;
    });
    CHECK(helped);
}

TEST_CASE("many short rounds, with and without time to fall asleep between them") {
    Threads threads(3);
    std::size_t const n = 32;
    std::vector<int> times(n);
    for (int round = 0; round < 20000; ++round) {
        threads.each(n, [&](std::size_t i, std::size_t) { ++times[i]; });   // each i by one thread
        if (round % 1000 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    for (int t : times) CHECK(t == 20000);
}

TEST_CASE("a pool is ready while its workers are awake, and after many questions in a row") {
    using Clock = std::chrono::steady_clock;
    auto const wait = [](auto time) {
        for (auto const until = Clock::now() + time; Clock::now() < until;) {}
    };
    Threads threads(2);
    auto const fall_asleep = [&] {
        for (int i = 0; i < 1000; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            if (!threads.ready()) return true;
        }
        return false;
    };
    REQUIRE(fall_asleep());
    if (std::thread::hardware_concurrency() < 2) return; // who has no core is never waited for
    std::size_t asked = 0;
    // a busy machine may part the questions
    for (; asked < 10'000'000 && !threads.ready(); ++asked) {}
    CHECK(asked >= 32);
    CHECK(asked < 10'000'000);

    // Who is called too late for one short round is there for the next ones.
    bool there = false;
    for (int attempt = 0; attempt < 1000 && !there; ++attempt) {
        REQUIRE(fall_asleep());
        threads.each(2, [](std::size_t, std::size_t) {});
        for (int i = 0; i < 4 && !there; ++i) {
            wait(std::chrono::microseconds(120)); // so that the questions are not in a row
            there = threads.ready();
        }
    }
    CHECK(there);
}

TEST_CASE("a pool may be made and left unused, or used once") {
    for (int i = 0; i < 200; ++i) {
        Threads threads(3);
        std::atomic<int> done{0};
        if (i % 2) threads.each(5, [&](std::size_t, std::size_t) { ++done; });
        CHECK(done == (i % 2 ? 5 : 0));
    }
}

TEST_CASE("what a task throws reaches the caller, from every index; the pool stays usable") {
    for (std::size_t count : {1u, 2u, 4u}) {
        Threads threads(count);
        std::size_t const n = 23;
        for (std::size_t bad = 0; bad < n; ++bad) {
            std::vector<std::atomic<int>> times(n);
            std::string caught;
            try {
                threads.each(n, [&](std::size_t i, std::size_t) {
                    ++times[i];
                    if (i == bad) throw std::runtime_error("task " + std::to_string(i));
                });
            } catch (std::runtime_error const& e) {
                caught = e.what();
            }
            CHECK(caught == "task " + std::to_string(bad));
            for (auto const& t : times) CHECK(t == 1);   // the others were done all the same
        }
        CHECK_THROWS_AS(threads.each(n, [](std::size_t, std::size_t) { throw std::bad_alloc(); }),
                        std::bad_alloc);
        CHECK_THROWS_AS(threads.each(n, [](std::size_t, std::size_t) { throw 7; }), int);
        std::atomic<std::size_t> done{0};
        threads.each(n, [&](std::size_t, std::size_t) { ++done; });
        CHECK(done == n);
    }
}

TEST_CASE("when several tasks throw, the smallest index is the one that is told") {
    Threads threads(4);
    for (int round = 0; round < 20; ++round) {
        std::atomic<bool> later{false};
        std::size_t caught = 0;
        try {
            threads.each(16, [&](std::size_t i, std::size_t) {
                if (i < 5) return;
                if (i > 5) later = true;
                while (!later) std::this_thread::yield();
                // 5 throws last
                if (i == 5) std::this_thread::sleep_for(std::chrono::milliseconds(1));
                throw i;
            });
        } catch (std::size_t i) {
            caught = i;
        }
        CHECK(caught == 5);
    }
}

TEST_CASE("a worker's own exception is rethrown by its worker index too") {
    Threads threads(3);
    for (std::size_t bad = 0; bad < 3; ++bad) {
        std::atomic<int> inside{0};
        std::size_t caught = 99;
        try {
            threads.each(3, [&](std::size_t, std::size_t worker) {
                ++inside;
                while (inside < 3) std::this_thread::yield();   // one task each
                if (worker == bad) throw worker;
            });
        } catch (std::size_t worker) {
            caught = worker;
        }
        CHECK(caught == bad);
    }
}

TEST_CASE("nested calls run on the thread that makes them") {
    Threads threads(4);
    std::size_t const n = 12, inner = 100;
    std::vector<std::size_t> sums(n);
    std::atomic<std::size_t> wrong{0};
    threads.each(n, [&](std::size_t i, std::size_t) {
        auto const self = std::this_thread::get_id();
        threads.each(inner, [&](std::size_t j, std::size_t worker) {
            wrong += worker != 0 || std::this_thread::get_id() != self;
            sums[i] += j;
        });
    });
    CHECK(wrong == 0);
    for (std::size_t s : sums) CHECK(s == inner * (inner - 1) / 2);
    // an exception passes through both
    CHECK_THROWS_AS(threads.each(n,
                                 [&](std::size_t, std::size_t) {
                                     threads.each(inner, [](std::size_t j, std::size_t) {
                                         if (j == 50) throw std::logic_error("inner");
                                     });
                                 }),
                    std::logic_error);
}

TEST_CASE("concurrent callers share a pool without waiting for each other") {
    Threads threads(3);
    std::size_t const callers = 8, rounds = 300, n = 40;
    std::vector<std::size_t> wrong(callers);
    std::vector<std::thread> all;
    for (std::size_t c = 0; c < callers; ++c)
        all.emplace_back([&, c] {
            for (std::size_t round = 0; round < rounds; ++round) {
                std::vector<std::size_t> times(n);
                bool caught = false;
                try {
                    threads.each(n, [&](std::size_t i, std::size_t) {
                        ++times[i];
                        if (i == c && round % 7 == 0) throw c;
                    });
                } catch (std::size_t who) {
                    caught = who == c;
                }
                wrong[c] += caught != (round % 7 == 0);
                for (std::size_t t : times) wrong[c] += t != 1;
            }
        });
    for (auto& t : all) t.join();
    for (std::size_t w : wrong) CHECK(w == 0);
}

#ifdef LAMINA_TEST_FORK

namespace {

/// Runs f in a child; true if it returned 0 within ten seconds.
template <class F>
bool child_succeeds(F f) {
    pid_t const child = fork();
    if (child == 0) _exit(f());
    for (int waited = 0; waited < 10000; ++waited) {
        int status = 0;
        if (waitpid(child, &status, WNOHANG) == child)
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    return false;
}

bool counts_to(Threads& threads, std::size_t n) {
    std::atomic<std::size_t> sum{0};
    threads.each(n, [&](std::size_t i, std::size_t) { sum += i; });
    return sum == n * (n - 1) / 2;
}

} // namespace

TEST_CASE("a forked child works alone, and the parent goes on; a hundred times") {
    Threads threads(3);
    int failed = 0;
    for (int round = 0; round < 100; ++round) {
        CHECK(counts_to(threads, 64));
        // awake, falling asleep, asleep
        if (round % 3 == 1) std::this_thread::sleep_for(std::chrono::microseconds(50));
        if (round % 3 == 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        failed += !child_succeeds([&] {
            if (!counts_to(threads, 64)) return 1;
            try {
                threads.each(8, [](std::size_t, std::size_t) { throw 1; });
                return 3;
            } catch (int) {
            }
#ifndef LAMINA_TEST_SANITIZED   // ThreadSanitizer forbids new threads in a child
            Threads own(2);
            if (!counts_to(own, 64)) return 2;
#endif
            return 0;
        });
        CHECK(counts_to(threads, 64));
    }
    CHECK(failed == 0);
}

TEST_CASE("a forked child may end its copy of a pool") {
    int failed = 0;
    for (int round = 0; round < 20; ++round) {
        auto threads = std::make_unique<Threads>(3);
        CHECK(counts_to(*threads, 64));
        if (round % 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        failed += !child_succeeds([&] {
            threads.reset();
            return 0;
        });
    }
    CHECK(failed == 0);
}

TEST_CASE("a fork while another thread is using the pool") {
    Threads threads(2);
    std::atomic<bool> stop{false};
    std::thread busy([&] {
        while (!stop) counts_to(threads, 64);
    });
    int failed = 0;
    for (int round = 0; round < 30; ++round)
        failed += !child_succeeds([&] { return counts_to(threads, 64) ? 0 : 1; });
    stop = true;
    busy.join();
    CHECK(failed == 0);
}

#ifndef LAMINA_TEST_SANITIZED   // whose own memory is above any such limit
TEST_CASE("a system that gives no more threads: an exception, and those there were have ended") {
    bool const told = child_succeeds([] {
        // room for a few stacks only
        rlimit room{};
        room.rlim_cur = room.rlim_max = 256u << 20;
        if (setrlimit(RLIMIT_AS, &room) != 0) return 3;
        try {
            Threads threads(100000);
        } catch (std::system_error const&) {
            Threads few(2);
            return counts_to(few, 64) ? 0 : 2;
        } catch (std::bad_alloc const&) {
            return 0;
        }
        return 1;
    });
    CHECK(told);
}
#endif

#endif
