#include "gateway/backend.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>

namespace bridgework::gateway {
namespace {

struct Gathering {
  explicit Gathering(const asio::any_io_executor& executor) : all_there(executor, asio::steady_timer::time_point::max()) {}
  std::vector<messages::Reply> replies;
  std::size_t missing = 0;
  asio::steady_timer all_there;  ///< never runs out; cancelling it wakes the one who waits
};

asio::awaitable<void> gather(Backend& backend, runtime::Call call, std::shared_ptr<Gathering> gathering, std::size_t index) {
  gathering->replies[index] = co_await backend.ask(std::move(call));
  if (--gathering->missing == 0) gathering->all_there.cancel();
}

}  // namespace

asio::awaitable<std::vector<messages::Reply>> ask_all(Backend& backend, std::vector<runtime::Call> calls) {
  const auto executor = co_await asio::this_coro::executor;
  const auto gathering = std::make_shared<Gathering>(executor);
  gathering->replies.resize(calls.size());
  gathering->missing = calls.size();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    asio::co_spawn(executor, gather(backend, std::move(calls[i]), gathering, i), asio::detached);
  }
  while (gathering->missing > 0) co_await gathering->all_there.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return std::move(gathering->replies);
}

}  // namespace bridgework::gateway
