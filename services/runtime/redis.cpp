#include "runtime/redis.hpp"

#include <csignal>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <hiredis/hiredis.h>
#include <openssl/evp.h>
#include <sys/time.h>

#include "runtime/settings.hpp"
#include "runtime/text_file.hpp"

namespace bridgework::runtime {

std::string_view to_string(FaultKind kind) {
  switch (kind) {
    case FaultKind::kMalformed: return "malformed";
    case FaultKind::kConflict: return "conflict";
    case FaultKind::kOverloaded: return "overloaded";
    case FaultKind::kDisconnected: return "disconnected";
    case FaultKind::kInternal: return "internal";
  }
  return "unknown";
}

namespace {

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Context = std::unique_ptr<redisContext, FreeContext>;
using Reply = std::unique_ptr<redisReply, FreeReply>;

timeval to_timeval(std::chrono::milliseconds span) {
  const auto ms = std::max<std::chrono::milliseconds::rep>(span.count(), 1);
  return timeval{static_cast<time_t>(ms / 1000), static_cast<suseconds_t>((ms % 1000) * 1000)};
}

std::string_view first_word(std::string_view text) { return text.substr(0, text.find(' ')); }

constexpr std::string_view kTooManyClients = "ERR max number of clients reached";

/// What a Redis error obliges its reader to do. Everything listed passes by itself or by an operator's hand; none is the message's fault.
FaultKind classify(std::string_view error) {
  static constexpr std::array<std::string_view, 11> kTransient = {
      "LOADING", "MISCONF", "OOM", "BUSY", "READONLY", "MASTERDOWN", "NOREPLICAS", "CLUSTERDOWN", "UNBLOCKED", "TRYAGAIN", "UNKILLABLE"};
  if (std::find(kTransient.begin(), kTransient.end(), first_word(error)) != kTransient.end()) return FaultKind::kOverloaded;
  if (error.substr(0, kTooManyClients.size()) == kTooManyClients) return FaultKind::kOverloaded;
  return FaultKind::kInternal;
}

/// Redis quotes the arguments of a command it does not know; they may be about a person and never reach a log.
std::string without_arguments(std::string_view error) { return std::string(error.substr(0, error.find(", with args beginning with"))); }

Fault fault_of_error(std::string_view error) { return Fault{classify(error), without_arguments(error)}; }

RedisValue to_value(const redisReply& reply) {
  RedisValue value;
  switch (reply.type) {
    case REDIS_REPLY_NIL: break;
    case REDIS_REPLY_INTEGER:
      value.type = RedisValue::Type::kInteger;
      value.integer = reply.integer;
      break;
    case REDIS_REPLY_ARRAY:
      value.type = RedisValue::Type::kList;
      value.items.reserve(reply.elements);
      for (std::size_t i = 0; i < reply.elements; ++i) value.items.push_back(to_value(*reply.element[i]));
      break;
    case REDIS_REPLY_ERROR:
      value.type = RedisValue::Type::kError;
      value.text.assign(reply.str, static_cast<std::size_t>(reply.len));
      break;
    // RESP2 is never left, so what is neither of the above is text: a bulk string or a status.
    default:
      value.type = RedisValue::Type::kText;
      value.text.assign(reply.str, static_cast<std::size_t>(reply.len));
      break;
  }
  return value;
}

std::string sha1_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) return {};
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(std::size_t{size} * 2);
  for (unsigned int i = 0; i < size; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

/// hiredis writes without MSG_NOSIGNAL: a Redis that died between two commands would end this process. A handler somebody has set stays.
void ignore_broken_pipe_signal() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction current {};
    if (sigaction(SIGPIPE, nullptr, &current) == 0 && current.sa_handler == SIG_DFL) std::signal(SIGPIPE, SIG_IGN);
  });
}

}  // namespace

struct Redis::Connection {
  explicit Connection(Options given) : options(std::move(given)) {}

  Options options;
  Context context;
  std::uint64_t number = 0;
  std::string run_id;
  std::unordered_map<std::string, std::string> sha_of_script;  // a handful of scripts, each once
  std::unordered_set<std::string> loaded;                      // what this connection has seen loaded, by its SHA
  std::vector<const char*> words;                              // of the command being sent
  std::vector<std::size_t> sizes;
  std::thread::id user;  // who used it first; until then it may be handed on

  /// Two threads in one context take each other's answers.
  void check_thread() {
    if (user == std::thread::id()) user = std::this_thread::get_id();
    assert(user == std::this_thread::get_id() && "a connection belongs to one thread");
  }

  Fault drop(std::string what) {
    context.reset();
    run_id.clear();
    loaded.clear();
    return Fault{FaultKind::kDisconnected, std::move(what)};
  }

  Fault drop_broken(std::string_view doing) {
    const bool timed_out = context->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ETIMEDOUT);
    std::string what = std::string(doing) + ": " + (timed_out ? "no answer in time" : context->errstr);
    return drop(std::move(what));
  }

  tl::expected<void, Fault> connect() {
    check_thread();
    if (context) return {};
    run_id.clear();
    const timeval limit = to_timeval(options.timeout);
    context.reset(options.unix_socket.empty() ? redisConnectWithTimeout(options.host.c_str(), options.port, limit)
                                              : redisConnectUnixWithTimeout(options.unix_socket.c_str(), limit));
    if (!context) return tl::unexpected(Fault{FaultKind::kDisconnected, "connect: out of memory"});
    if (context->err != 0) return tl::unexpected(drop(std::string("connect: ") + context->errstr));
    if (redisSetTimeout(context.get(), limit) != REDIS_OK) return tl::unexpected(drop("connect: no time limit could be set"));
    if (options.unix_socket.empty()) redisEnableKeepAlive(context.get());
    ++number;
    return authenticate();
  }

  tl::expected<void, Fault> authenticate() {
    if (options.password.empty()) return {};
    RedisCommand command{"AUTH"};
    if (!options.user.empty()) command.push_back(options.user);
    command.push_back(options.password);
    if (auto sent = append(command); !sent) return sent;
    auto answer = read("AUTH");
    if (!answer) return tl::unexpected(std::move(answer.error()));
    if (answer->type == RedisValue::Type::kError) {
      Fault fault = fault_of_error(answer->text);
      drop("AUTH was refused");
      return tl::unexpected(std::move(fault));
    }
    return {};
  }

  template <class Words>
  tl::expected<void, Fault> append(const Words& command) {
    if (command.empty()) return tl::unexpected(Fault{FaultKind::kInternal, "a Redis command without words"});
    words.clear();
    sizes.clear();
    for (const auto& word : command) {
      words.push_back(word.data());
      sizes.push_back(word.size());
    }
    if (redisAppendCommandArgv(context.get(), static_cast<int>(words.size()), words.data(), sizes.data()) != REDIS_OK)
      return tl::unexpected(drop_broken(command.front()));
    return {};
  }

  /// What was appended, now.
  tl::expected<void, Fault> send(std::string_view doing) {
    for (int done = 0; done == 0;) {
      errno = 0;
      if (redisBufferWrite(context.get(), &done) != REDIS_OK) return tl::unexpected(drop_broken(doing));
    }
    return {};
  }

  tl::expected<RedisValue, Fault> read(std::string_view doing) {
    void* raw = nullptr;
    errno = 0;
    if (redisGetReply(context.get(), &raw) != REDIS_OK || raw == nullptr) return tl::unexpected(drop_broken(doing));
    const Reply reply(static_cast<redisReply*>(raw));
    return to_value(*reply);
  }

  /// The answer as it stands, errors included.
  template <class Words>
  tl::expected<RedisValue, Fault> ask(const Words& command) {
    if (auto connected = connect(); !connected) return tl::unexpected(std::move(connected.error()));
    if (auto sent = append(command); !sent) return tl::unexpected(std::move(sent.error()));
    return read(command.front());
  }

  tl::expected<RedisValue, Fault> judged(tl::expected<RedisValue, Fault> answer) {
    if (!answer || answer->type != RedisValue::Type::kError) return answer;
    Fault fault = fault_of_error(answer->text);
    // Redis says this once and hangs up.
    if (answer->text.compare(0, kTooManyClients.size(), kTooManyClients) == 0) drop({});
    return tl::unexpected(std::move(fault));
  }

  const std::string& sha(std::string_view source) {
    const auto [entry, added] = sha_of_script.try_emplace(std::string(source));
    if (added) entry->second = sha1_hex(source);
    return entry->second;
  }
};

Redis::Redis(Options options) : connection_(std::make_unique<Connection>(std::move(options))) { ignore_broken_pipe_signal(); }
Redis::~Redis() = default;
Redis::Redis(Redis&&) noexcept = default;
Redis& Redis::operator=(Redis&&) noexcept = default;

tl::expected<RedisValue, Fault> Redis::run(const RedisCommand& command) { return connection_->judged(connection_->ask(command)); }

tl::expected<std::vector<RedisValue>, Fault> Redis::pipeline(const std::vector<RedisCommand>& commands) {
  if (auto begun = begin_pipeline(commands); !begun) return tl::unexpected(std::move(begun.error()));
  return end_pipeline(commands.size());
}

tl::expected<RedisValue, Fault> Redis::script(std::string_view source, const std::vector<std::string>& keys,
                                              const std::vector<std::string>& arguments) {
  const std::string count = std::to_string(keys.size());
  std::vector<std::string_view> command;  // of up to a quarter of a megabyte, so not copied
  command.reserve(3 + keys.size() + arguments.size());
  command.insert(command.end(), {"EVALSHA", connection_->sha(source), count});
  command.insert(command.end(), keys.begin(), keys.end());
  command.insert(command.end(), arguments.begin(), arguments.end());
  auto answer = connection_->ask(command);
  // NOSCRIPT is said before anything is run, so sending the source does nothing twice. EVAL leaves the script loaded.
  if (answer && answer->type == RedisValue::Type::kError && first_word(answer->text) == "NOSCRIPT") {
    command[0] = "EVAL";
    command[1] = source;
    answer = connection_->ask(command);
  }
  return connection_->judged(std::move(answer));
}

tl::expected<void, Fault> Redis::begin_script(std::string_view source, const std::vector<std::string>& keys,
                                              const std::vector<std::string_view>& arguments) {
  if (auto connected = connection_->connect(); !connected) return connected;
  const std::string& sha = connection_->sha(source);
  if (!connection_->loaded.contains(sha)) {
    auto answer = run({"SCRIPT", "LOAD", std::string(source)});
    if (!answer) return tl::unexpected(std::move(answer.error()));
    connection_->loaded.insert(sha);
  }
  const std::string count = std::to_string(keys.size());
  std::vector<std::string_view> command;  // of up to a quarter of a megabyte, so not copied
  command.reserve(3 + keys.size() + arguments.size());
  command.insert(command.end(), {"EVALSHA", sha, count});
  command.insert(command.end(), keys.begin(), keys.end());
  command.insert(command.end(), arguments.begin(), arguments.end());
  if (auto sent = connection_->append(command); !sent) return sent;
  return connection_->send("EVALSHA");
}

tl::expected<RedisValue, Fault> Redis::end_script() {
  connection_->check_thread();
  if (!connection_->context) return tl::unexpected(Fault{FaultKind::kDisconnected, "the link broke while an answer was waited for"});
  auto answer = connection_->read("EVALSHA");
  // Somebody has flushed the scripts: nothing was run, and the next time it is loaded again.
  if (answer && answer->type == RedisValue::Type::kError && first_word(answer->text) == "NOSCRIPT") {
    connection_->loaded.clear();
    return tl::unexpected(Fault{FaultKind::kOverloaded, "Redis has forgotten its scripts"});
  }
  return connection_->judged(std::move(answer));
}

tl::expected<void, Fault> Redis::begin_pipeline(const std::vector<RedisCommand>& commands) {
  if (std::any_of(commands.begin(), commands.end(), [](const RedisCommand& command) { return command.empty(); }))
    return tl::unexpected(Fault{FaultKind::kInternal, "a Redis command without words"});
  if (auto connected = connection_->connect(); !connected) return connected;
  for (const RedisCommand& command : commands)
    if (auto sent = connection_->append(command); !sent) return sent;
  return connection_->send("a pipeline");
}

tl::expected<std::vector<RedisValue>, Fault> Redis::end_pipeline(std::size_t commands) {
  connection_->check_thread();
  if (!connection_->context) return tl::unexpected(Fault{FaultKind::kDisconnected, "the link broke while answers were waited for"});
  std::vector<RedisValue> answers;
  answers.reserve(commands);
  while (answers.size() < commands) {
    auto answer = connection_->read("a pipeline");
    if (!answer) return tl::unexpected(std::move(answer.error()));
    answers.push_back(std::move(*answer));
  }
  return answers;
}

int Redis::descriptor() const { return connection_->context ? connection_->context->fd : -1; }

tl::expected<std::string, Fault> Redis::run_id() {
  if (connection_->context && !connection_->run_id.empty()) return connection_->run_id;
  auto answer = run({"INFO", "server"});
  if (!answer) return tl::unexpected(std::move(answer.error()));
  static constexpr std::string_view kField = "\nrun_id:";
  const std::size_t found = answer->text.find(kField);
  if (found == std::string::npos) return tl::unexpected(Fault{FaultKind::kInternal, "INFO server names no run_id"});
  const std::size_t begin = found + kField.size();
  connection_->run_id = answer->text.substr(begin, answer->text.find_first_of("\r\n", begin) - begin);
  return connection_->run_id;
}

std::uint64_t Redis::connection_number() const { return connection_->number; }

tl::expected<RedisValue, Fault> Redis::run_blocking(const RedisCommand& command, std::chrono::milliseconds timeout) {
  if (auto connected = connection_->connect(); !connected) return tl::unexpected(std::move(connected.error()));
  const auto set_limit = [this](std::chrono::milliseconds span) {
    return !connection_->context || redisSetTimeout(connection_->context.get(), to_timeval(span)) == REDIS_OK;
  };
  if (!set_limit(connection_->options.timeout + timeout)) return tl::unexpected(connection_->drop("no time limit could be set"));
  auto answer = run(command);
  if (!set_limit(connection_->options.timeout)) connection_->drop({});
  return answer;
}

tl::expected<Redis::Options, std::string> redis_options(const ProcessSettings& settings, std::string_view service) {
  Redis::Options options;
  options.unix_socket = settings.redis_socket.empty() ? settings.run_dir + "/redis.sock" : settings.redis_socket;
  if (settings.redis_password.empty()) {
    if (!settings.redis_user.empty()) return tl::unexpected(std::string("redis_user needs redis_password: the file with its password"));
    return options;
  }
  auto password = read_text(settings.redis_password);
  if (!password) return tl::unexpected("redis_password: " + password.error());
  while (password->ends_with('\n')) password->pop_back();
  // Without one there would be no AUTH, and everybody else's rights.
  if (password->empty()) return tl::unexpected("redis_password: " + settings.redis_password + " is empty");
  options.user = settings.redis_user.empty() ? std::string(service) : settings.redis_user;
  options.password = std::move(*password);
  return options;
}

}  // namespace bridgework::runtime
