// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

/// For peers of other languages.
namespace bench {

/// A folder for files, removed in the end with what is in it (but for folders).
class ScratchFolder {
public:
    ScratchFolder() {
        char name[] = "/tmp/lamina_bench_XXXXXX";
        if (!::mkdtemp(name)) throw std::runtime_error("no scratch folder");
        path_ = name;
    }
    ScratchFolder(ScratchFolder const&) = delete;
    ScratchFolder& operator=(ScratchFolder const&) = delete;
    ~ScratchFolder() {
        for (std::string const& file : files_) ::unlink(file.c_str());
        ::rmdir(path_.c_str());
    }
    /// The path of a file in it.
    std::string file(char const* name) {
        files_.push_back(path_ + "/" + name);
        return files_.back();
    }
    void write(char const* name, void const* bytes, std::size_t size) {
        std::FILE* const to = std::fopen(file(name).c_str(), "wb");
        bool const written = to && std::fwrite(bytes, 1, size, to) == size;
        if (!to || std::fclose(to) != 0 || !written) throw std::runtime_error("cannot write");
    }

private:
    std::string path_;
    std::vector<std::string> files_;
};

/// A program that answers lines with lines.
class Child {
public:
    explicit Child(std::vector<std::string> const& command) {
        int to[2], from[2];
        // closed in other children, which would keep this one waiting for the end of its input
        if (::pipe2(to, O_CLOEXEC) != 0 || ::pipe2(from, O_CLOEXEC) != 0)
            throw std::runtime_error("no pipe");
        std::vector<char*> arguments;
        for (std::string const& a : command) arguments.push_back(const_cast<char*>(a.c_str()));
        arguments.push_back(nullptr);
        process_ = ::fork();
        if (process_ == 0) {
            ::dup2(to[0], 0);
            ::dup2(from[1], 1);
            ::execvp(arguments[0], arguments.data());
            ::_exit(127);
        }
        ::close(to[0]);
        ::close(from[1]);
        to_ = ::fdopen(to[1], "w");
        from_ = ::fdopen(from[0], "r");
    }
    Child(Child const&) = delete;
    Child& operator=(Child const&) = delete;
    ~Child() {
        std::fclose(to_); // at the end of its input it ends
        std::fclose(from_);
        if (process_ > 0) ::waitpid(process_, nullptr, 0);
    }
    /// Its answer; throws if there is none.
    std::string ask(std::string const& line) {
        std::fprintf(to_, "%s\n", line.c_str());
        std::fflush(to_);
        return answer();
    }
    std::string answer() {
        std::string text;
        for (int c; (c = std::fgetc(from_)) != '\n';) {
            if (c == EOF) throw std::runtime_error("the other process ended");
            text += static_cast<char>(c);
        }
        return text;
    }

private:
    pid_t process_ = -1;
    std::FILE *to_ = nullptr, *from_ = nullptr;
};

} // namespace bench
