#include "feedback/model.hpp"
#include "feedback/state.codec.hpp"
#include "messages/codecs.hpp"
#include "runtime/serve.hpp"

int main(int argc, char** argv) { return bridgework::runtime::serve<bridgework::feedback::Model>(argc, argv); }
