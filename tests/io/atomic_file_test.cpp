// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/atomic_file.hpp>

#include "support/fault_folder.hpp"
#include "support/fault_io.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

using lamina::AtomicFile;
using lamina::Error;
using namespace lamina::testing;

namespace {

std::string save(std::string const& path, std::string const& text) {
    return message_of<Error>([&] {
        AtomicFile file(path, text.size());
        file.write(text.data(), text.size());
        file.commit();
    });
}

/// Switches the faults on for one scope.
struct Faults {
    explicit Faults(int fail_at = -1, int error = 0, bool short_writes = false) {
        faulty_io.calls.clear();
        faulty_io.fail_at = fail_at;
        faulty_io.error = error;
        faulty_io.short_writes = short_writes;
        faulty_io.on = true;
    }
    ~Faults() { faulty_io.on = false; }
};

} // namespace

TEST_CASE("a file is written, and written again") {
    Folder const folder;
    auto const path = folder.path("model.bin");
    CHECK(save(path, "first") == "");
    CHECK(read_all(path) == "first");
    CHECK(save(path, "") == "");
    CHECK(read_all(path) == "");
    CHECK(folder.entries() == 1);
}

TEST_CASE("the order is write, fsync, rename, fsync of the folder") {
    Folder const folder;
    std::vector<std::string> calls;
    {
        Faults const faults;
        CHECK(save(folder.path("a"), "text") == "");
        calls = faulty_io.calls;
    }
    CHECK(calls == std::vector<std::string>{"open", "write", "fsync", "rename", "open", "fsync"});
}

TEST_CASE("nothing is left where the writer goes away without commit") {
    Folder const folder;
    save(folder.path("a"), "old");
    {
        AtomicFile file(folder.path("a"));
        file.write("new", 3);
        CHECK(folder.entries() == 2);
    }
    CHECK(folder.entries() == 1);
    CHECK(read_all(folder.path("a")) == "old");
}

TEST_CASE("each call that fails leaves the previous file, no temporary one, and says why") {
    Folder const folder;
    auto const path = folder.path("model.bin");
    std::string const big(100'000, 'x');
    save(path, "old");
    int calls = 0;
    {
        Faults const faults(-1, 0, true);
        save(path, big);
        calls = int(faulty_io.calls.size());
        CHECK(read_all(path) == big);   // short writes alone do no harm
        save(path, "old");
    }
    CHECK(calls > 10);
    for (int const error : {EIO, ENOSPC, EDQUOT, EACCES}) {
        for (int k = 0; k < calls; ++k) {
            std::string message, call;
            {
                Faults const faults(k, error, true);
                message = save(path, big);
                call = faulty_io.calls[std::size_t(k)];
            }
            CAPTURE(k);
            CAPTURE(call);
            CAPTURE(message);
            if (k >= calls - 2) {   // the folder's own open and fsync: the file is there, whole
                CHECK(read_all(path) == big);
                CHECK((message.empty() || message.find("was saved") != std::string::npos));
                save(path, "old");
            } else {
                CHECK(read_all(path) == "old");
                CHECK(message.starts_with(path + ": cannot be saved: "));
                CHECK(message.find(lamina::detail::errno_text(error)) != std::string::npos);
                CHECK(message.ends_with("The previous file is untouched."));
            }
            CHECK(folder.entries() == 1);
        }
    }
}

TEST_CASE("a call that is interrupted is made again") {
    Folder const folder;
    for (int k = 0; k < 6; ++k) {
        auto const path = folder.path(std::to_string(k));
        {
            Faults const faults(k, EINTR);
            auto const message = save(path, "text");
            bool const renames = faulty_io.calls[std::size_t(k)] == "rename";   // never interrupted
            CHECK(message.empty() != renames);
            if (renames) continue;
        }
        CHECK(read_all(path) == "text");
    }
}

TEST_CASE("no room: the message says how much was needed") {
    Folder const folder;
    Faults const faults(1, ENOSPC);
    CHECK(save(folder.path("m"), "12345678") ==
          folder.path("m: cannot be saved: No space left on device "
                      "(needed 8 bytes, wrote 0). No file was left."));
}

TEST_CASE("a limit on the size of files is an error, not a broken file") {
    Folder const folder;
    auto const path = folder.path("m");
    save(path, "old");
    pid_t const child = ::fork();
    if (child == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit const limit{65'536, 65'536};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        auto const message = save(path, std::string(1'000'000, 'x'));
        bool const right = message.find("wrote 65536") != std::string::npos;
        ::_exit(right ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(read_all(path) == "old");
    CHECK(folder.entries() == 1);
}

TEST_CASE("what is no regular file is refused, and nothing waits") {
    Folder const folder;
    CHECK(save("/dev/full", "x").find("is a pipe or a device") != std::string::npos);
    CHECK(save("/dev/zero", "x").find("is a pipe or a device") != std::string::npos);
    REQUIRE(::mkfifo(folder.path("fifo").c_str(), 0600) == 0);
    CHECK(save(folder.path("fifo"), "x").find("is a pipe or a device") != std::string::npos);
    CHECK(save(folder.path(), "x").find("names a folder") != std::string::npos);
    std::filesystem::create_directory(folder.path("sub"));
    CHECK(save(folder.path("sub"), "x").find("is a folder") != std::string::npos);
    CHECK(save("", "x") != "");
    CHECK(save(folder.path(std::string_view("a\0b", 3)), "x").find("NUL") != std::string::npos);
    CHECK(save(folder.path("none/a"), "x").find("No such file") != std::string::npos);
    std::filesystem::create_symlink(folder.path("loop"), folder.path("loop"));
    CHECK(save(folder.path("loop"), "x") != "");
    CHECK(folder.entries() == 3);
}

TEST_CASE("symbolic links stay, hard links keep the old content") {
    Folder const folder;
    std::filesystem::create_directory(folder.path("real"));
    save(folder.path("real/model"), "old");
    std::filesystem::create_symlink("real/model", folder.path("link"));
    std::filesystem::create_symlink("link", folder.path("twice"));
    std::filesystem::create_hard_link(folder.path("real/model"), folder.path("hard"));
    CHECK(save(folder.path("twice"), "new") == "");
    CHECK(std::filesystem::is_symlink(folder.path("twice")));
    CHECK(std::filesystem::is_symlink(folder.path("link")));
    CHECK(read_all(folder.path("real/model")) == "new");
    CHECK(read_all(folder.path("hard")) == "old");

    std::filesystem::create_symlink("real/later", folder.path("dangling"));
    CHECK(save(folder.path("dangling"), "made") == "");
    CHECK(read_all(folder.path("real/later")) == "made");
}

TEST_CASE("the new file has the rights of the old one, or the usual ones") {
    Folder const folder;
    auto const mode = [](std::string const& path) {
        struct stat s;
        ::stat(path.c_str(), &s);
        return s.st_mode & 07777;
    };
    mode_t const mask = ::umask(027);
    save(folder.path("new"), "x");
    CHECK(mode(folder.path("new")) == 0640);
    ::umask(mask);
    ::chmod(folder.path("new").c_str(), 0604);
    save(folder.path("new"), "y");
    CHECK(mode(folder.path("new")) == 0604);

    // where rights cannot be changed, those that need not be are left alone
    ::umask(022);
    save(folder.path("same"), "x");
    Faults const faults;
    CHECK(save(folder.path("same"), "y") == "");
    for (std::string const& call : faulty_io.calls) CHECK(call != "fchmod");
    ::umask(mask);
}

TEST_CASE("a relative path and one with a long name") {
    Folder const folder;
    auto const before = std::filesystem::current_path();
    std::filesystem::current_path(folder.path());
    CHECK(save("here", "x") == "");
    CHECK(save("./there", "x") == "");
    CHECK(save(std::string(255, 'n'), "x") == "");
    std::filesystem::current_path(before);
    CHECK(folder.entries() == 3);
}

TEST_CASE("the next save removes what a killed process left, not what a living one writes") {
    Folder const folder;
    auto const path = folder.path("m");
    pid_t const child = ::fork();
    if (child == 0) {
        AtomicFile file(path);
        file.write("half", 4);
        ::kill(::getpid(), SIGKILL);
    }
    ::waitpid(child, nullptr, 0);
    CHECK(folder.entries() == 1);

    AtomicFile living(path);   // removes the dead one's
    living.write("text", 4);
    CHECK(folder.entries() == 1);
    CHECK(save(path, "other") == "");
    CHECK(folder.entries() == 2);
    living.commit();
    CHECK(read_all(path) == "text");
    CHECK(folder.entries() == 1);
}

TEST_CASE("writers at once: each reader sees one whole version") {
    Folder const folder;
    auto const path = folder.path("m");
    std::string const first(200'000, 'a');
    save(path, first);
    std::atomic<bool> stop = false;
    std::atomic<int> mixed = 0, reads = 0, failed = 0;
    std::vector<std::thread> threads;
    for (char c = 'b'; c < 'j'; ++c)
        threads.emplace_back([&, c] {
            while (!stop)
                if (!save(path, std::string(200'000, c)).empty()) ++failed;
        });
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            while (!stop) {
                auto const text = read_all(path);
                auto const same = std::size_t(std::count(text.begin(), text.end(), text[0]));
                if (text.size() != first.size() || same != text.size()) ++mixed;
                ++reads;
            }
        });
    bool const long_test = std::getenv("LAMINA_LONG_TESTS") != nullptr;
    std::this_thread::sleep_for(std::chrono::milliseconds(long_test ? 60'000 : 1500));
    stop = true;
    for (auto& t : threads) t.join();
    CHECK(mixed == 0);
    CHECK(failed == 0);
    CHECK(reads > 20);
    CHECK(folder.entries() == 1);
}
