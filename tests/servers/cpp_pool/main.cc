/*
 * A server in C++ for tests: Debian's cpp-httplib, whose accepting thread gives connections to a pool of four
 * std::threads. GET /PATH is answered with "It works."; /regex/TEXT matches TEXT by std::regex first.
 *
 *	cpp_pool PORT [daemon]
 */
#include <csignal>
#include <cstdlib>
#include <regex>
#include <string>
#include <unistd.h>

#include <httplib.h>

#include "hurt.h"

static httplib::Server server;

/* noinline: who is blamed has to be there. */
__attribute__((noinline)) static bool page_find(const std::string &path)
{
	hurt(path.data(), path.size());
	if (path.rfind("/regex/", 0) != 0)
		return true;
	return std::regex_match(path.substr(7), std::regex("(a+)+b"));
}

static void answer(const httplib::Request &request, httplib::Response &response)
{
	if (page_find(request.path))
		response.set_content("It works.\n", "text/plain");
	else
		response.set_content("No.\n", "text/plain");
}

static void stop(int)
{
	server.stop();
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	if (argc > 2 && daemon(1, 0) != 0)
		return 1;
	std::signal(SIGTERM, stop);
	server.new_task_queue = [] { return new httplib::ThreadPool(4); };
	server.set_keep_alive_max_count(1000);
	server.Get("/.*", answer);
	return server.listen("127.0.0.1", std::atoi(argv[1])) ? 0 : 1;
}
