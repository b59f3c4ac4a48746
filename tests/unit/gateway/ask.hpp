#pragma once
// Asks a gateway as if over HTTP, and waits for its answer.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <string>

#include "gateway/gateway.hpp"

namespace bridgework::gateway {

inline HttpResponse answer_of(Gateway& gateway, const HttpRequest& request, const std::string& peer = "192.0.2.7") {
  HttpResponse response;
  asio::io_context context;
  asio::co_spawn(
      context, [&]() -> asio::awaitable<void> { response = co_await gateway.answer(request, peer); }, asio::detached);
  context.run();
  return response;
}

/// What a browser sends from a page without a script.
inline HttpResponse answer_to_form(Gateway& gateway, http::verb method, const std::string& target, const std::string& body) {
  HttpRequest request{method, target, 11};
  request.set(http::field::content_type, "application/x-www-form-urlencoded");
  request.body() = body;
  return answer_of(gateway, request);
}

}  // namespace bridgework::gateway
