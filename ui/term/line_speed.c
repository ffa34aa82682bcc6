/* SPDX-License-Identifier: MIT */
#include "ui/term/line_speed.h"

#include "device/base/util.h"

#include <limits.h>

static const struct line_speed table[] = {
	{.baud_max = 1200, .frame_ms = 10000, .text_ms = 30000, .escape_ms = 400, .thrifty = true},
	{.baud_max = 2400, .frame_ms = 4000, .text_ms = 12000, .escape_ms = 400, .thrifty = true},
	{.baud_max = 4800, .frame_ms = 2000, .text_ms = 6000, .escape_ms = 250, .thrifty = true},
	{.baud_max = 19200, .frame_ms = 1000, .text_ms = 3000, .escape_ms = 250, .thrifty = true},
	{.baud_max = UINT_MAX - 1, .frame_ms = 250, .text_ms = 1000, .escape_ms = 250},
	{.baud_max = UINT_MAX, .frame_ms = 250, .text_ms = 1000, .escape_ms = 150}, /* not serial */
};

const struct line_speed *line_speed_choose(unsigned baud)
{
	const struct line_speed *row = table;

	if (baud == 0)
		baud = UINT_MAX;
	while (row->baud_max < baud)
		row++;
	return row;
}

unsigned line_speed_baud(speed_t speed)
{
	static const struct {
		speed_t speed;
		unsigned baud;
	} speeds[] = {
		{B50, 50},
		{B75, 75},
		{B110, 110},
		{B134, 134},
		{B150, 150},
		{B200, 200},
		{B300, 300},
		{B600, 600},
		{B1200, 1200},
		{B1800, 1800},
		{B2400, 2400},
		{B4800, 4800},
		{B9600, 9600},
		{B19200, 19200},
		{B38400, 38400},
		{B57600, 57600},
		{B115200, 115200},
		{B230400, 230400},
		{B460800, 460800},
		{B921600, 921600},
		{B1000000, 1000000},
		{B1500000, 1500000},
		{B3000000, 3000000},
	};

	for (size_t i = 0; i < ARRAY_SIZE(speeds); i++)
		if (speeds[i].speed == speed)
			return speeds[i].baud;
	return 0;
}
