#pragma once
// One connection to Redis. Everything of hiredis stays in redis.cpp.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace bridgework::runtime {

/// A fault, named by what the one who meets it does.
enum class FaultKind {
  kMalformed,     ///< these bytes or this answer can never be right: park
  kConflict,      ///< somebody else was first: reload and decide again
  kOverloaded,    ///< busy, loading, out of memory: back off and try the same again
  kDisconnected,  ///< the link is gone and the outcome of what was under way is unknown: reconnect, keep the message, try the same again
  kInternal,      ///< a defect here: park and alert
};
std::string_view to_string(FaultKind kind);

struct Fault {
  FaultKind kind;
  std::string what;
};

/// What Redis answered. A Redis error is not a value: it comes as a Fault, classified by its reaction.
struct RedisValue {
  enum class Type { kNil, kInteger, kText, kList, kError } type = Type::kNil;
  std::int64_t integer = 0;
  std::string text;               ///< kText; and of kError, inside a pipeline's answers
  std::vector<RedisValue> items;  ///< kList

  bool is_nil() const { return type == Type::kNil; }
};

struct ProcessSettings;

using RedisCommand = std::vector<std::string>;

/// A connection owned by the thread that uses it first. After a time-out or a broken link the context is destroyed, because a late answer
/// would be taken for the next command's; the next call connects again. Binary-safe throughout.
class Redis {
 public:
  struct Options {
    std::string unix_socket;         ///< preferred; PHI never travels over plain TCP
    std::string host = "127.0.0.1";  ///< used when unix_socket is empty
    int port = 6379;
    std::string user, password;
    std::chrono::milliseconds timeout{5000};
  };
  explicit Redis(Options options);
  ~Redis();
  Redis(Redis&&) noexcept;
  Redis& operator=(Redis&&) noexcept;

  /// Runs one command. -LOADING, -MISCONF, -OOM, -BUSY, -READONLY, -MASTERDOWN are kOverloaded; link trouble is kDisconnected; any other
  /// error answer is kInternal with Redis' text, except NOSCRIPT, which `script` handles.
  tl::expected<RedisValue, Fault> run(const RedisCommand& command);

  /// Sends all, then reads all: one round trip. An error answer of one command stands in its place as kError and does not fail the
  /// others; the call fails only when the link does.
  tl::expected<std::vector<RedisValue>, Fault> pipeline(const std::vector<RedisCommand>& commands);

  /// Runs a Lua script by its SHA, loading it when Redis does not have it.
  tl::expected<RedisValue, Fault> script(std::string_view source, const std::vector<std::string>& keys,
                                         const std::vector<std::string>& arguments);

  /// The same in two halves, the source being known to Redis before it is sent. Between them nothing else is asked.
  tl::expected<void, Fault> begin_script(std::string_view source, const std::vector<std::string>& keys,
                                         const std::vector<std::string_view>& arguments);
  tl::expected<RedisValue, Fault> end_script();
  /// `pipeline` in two halves; it may begin between those of a script, and ends after it.
  tl::expected<void, Fault> begin_pipeline(const std::vector<RedisCommand>& commands);
  tl::expected<std::vector<RedisValue>, Fault> end_pipeline(std::size_t commands);
  /// Readable when an answer has come; -1 without a connection.
  int descriptor() const;

  /// Redis' run id as read on the connection now open; asks when it is not known yet. It changes at every restart.
  tl::expected<std::string, Fault> run_id();

  /// Counts connections made; a change since the last look means that anything remembered about the server may be wrong.
  std::uint64_t connection_number() const;

  /// Waits up to `timeout` longer than usual for the next answer (XREAD BLOCK).
  tl::expected<RedisValue, Fault> run_blocking(const RedisCommand& command, std::chrono::milliseconds timeout);

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

/// Where a process finds Redis and as whom; an error says which file cannot be read.
tl::expected<Redis::Options, std::string> redis_options(const ProcessSettings& settings, std::string_view service);

}  // namespace bridgework::runtime
