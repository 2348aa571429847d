#compdef btsh
# Completion of btsh in zsh, made by contrib/complete.sh.

local curcontext=$curcontext state line
local -a verbs

verbs=(
	'make:make a torrent of a file or a directory'
	'track:run a tracker, until any key is pressed'
	'serve:share files: seed what is there'
	'peer:fetch and seed torrents until stopped'
	'run:fetch torrents'
	'show:show what torrents and magnet links say'
	'check:compare what is there with its torrent'
)
_arguments -C -A '-*' '(- *)'{-h,--help}'[list the verbs]' \
	'(- *)'{-V,--version}'[print the version]' \
	'1:verb:->verb' '*::argument:->verbs' && return
case $state in
verb) _describe verb verbs ;;
verbs)
	case $line[1] in
	make) _arguments -s -S '(- *)-h[say what it takes]' \
			'-0[of the files whose paths come on stdin, a NUL each]' \
			'-f[replace an output that exists]' \
			'-p[private, -pp not\: peers come from its trackers alone]' \
			'-q[no progress, no warnings]' \
			'-v[tell more]' \
			'*-a+[a tracker, a tier each; url,url\: one]:url: ' \
			'-c+[a comment]:text: ' \
			'-e+[edit it\: what is named is replaced]:torrent:_files -g "*.torrent(-.)"' \
			'-l+[pieces of 2^n bytes, n from 10 to 28]:n: ' \
			'-n+[the content'\''s name, else the path'\''s]:name: ' \
			'-o+[the torrent, else name.torrent; - for stdout]:file:_files' \
			'-s+[the source, which changes the info hash]:text: ' \
			'*-w+[a web seed]:url: ' \
			'*-x+[leave out what matches]:glob:_files' \
			':path:_files' ;;
	track) _arguments -s -S '(- *)-h[say what it takes]' \
			'-q[print no events]' \
			'-s[answer a scrape that names no torrent with all]' \
			'-v[tell more]' \
			'-f+[keep the swarms there over a restart]:file:_files' \
			'-i+[the announce interval, else 1800]:sec: ' \
			'-l+[listen on this address alone]:addr: ' \
			'-p+[listen there, else on 9999; 0\: on any]:port: ' \
			'-U+[become that user once the port is open]:user:_users' \
			'-w+[serve only the info hashes in it; - for stdin]:file:_files' \
			'-W+[serve none of the info hashes in it]:file:_files' \
			'*-x+[believe the X-Forwarded-For of a proxy there]:addr: ' ;;
	serve) _arguments -s -S '(- *)-h[say what it takes]' \
			'-c[hash all that is there, whatever was kept]' \
			'-q[no progress, no warnings]' \
			'-v[tell more]' \
			'-N[use trackers and known peers only]' \
			'-5+[all goes through a SOCKS5 proxy there]:host\:port: ' \
			'*-a+[one more tracker]:url: ' \
			'*-b+[a node of the DHT to begin with]:host\:port: ' \
			'-d+[where the data is, or goes]:dir:_files -/' \
			'*-k+[a known peer; @file\: of its lines]:host\:port: ' \
			'-l+[listen on this address alone]:addr: ' \
			'-M+[the most connections, else 500]:n: ' \
			'-p+[listen there, else from 6881 to 6889; 0\: on any]:port: ' \
			'-r+[most bytes a second down; 500k, 1.5m]:rate: ' \
			'-R+[seed until so many times its size was given]:ratio: ' \
			'-T+[seed for so long]:sec: ' \
			'-u+[most bytes a second up; 0\: none]:rate: ' \
			'-U+[become that user once the port is open]:user:_users' \
			'-w+[the port is no web server, and no tracker]:none: ' \
			'*:path|torrent:_files' ;;
	peer) _arguments -s -S '(- *)-h[say what it takes]' \
			'-c[hash all that is there, whatever was kept]' \
			'-F[write over files that are somebody else'\''s]' \
			'-q[no progress, no warnings]' \
			'-v[tell more]' \
			'-N[use trackers and known peers only]' \
			'-5+[all goes through a SOCKS5 proxy there]:host\:port: ' \
			'*-a+[one more tracker]:url: ' \
			'*-b+[a node of the DHT to begin with]:host\:port: ' \
			'-d+[where the data is, or goes]:dir:_files -/' \
			'*-k+[a known peer; @file\: of its lines]:host\:port: ' \
			'-l+[listen on this address alone]:addr: ' \
			'-M+[the most connections, else 500]:n: ' \
			'-p+[listen there, else from 6881 to 6889; 0\: on any]:port: ' \
			'-r+[most bytes a second down; 500k, 1.5m]:rate: ' \
			'-R+[seed until so many times its size was given]:ratio: ' \
			'-T+[seed for so long]:sec: ' \
			'-u+[most bytes a second up; 0\: none]:rate: ' \
			'-U+[become that user once the port is open]:user:_users' \
			'-w+[the port is no web server, and no tracker]:none: ' \
			'-x+[run it when a torrent is complete]:command: ' \
			'*:torrent:_files -g "*.torrent(-.)"' ;;
	run) _arguments -s -S '(- *)-h[say what it takes]' \
			'-c[hash all that is there, whatever was kept]' \
			'-F[write over files that are somebody else'\''s]' \
			'-m[fetch only the metadata, to stdout]' \
			'-s[go on seeding when done]' \
			'-S[fetch pieces in order]' \
			'-q[no progress, no warnings]' \
			'-v[tell more]' \
			'-N[use trackers and known peers only]' \
			'-5+[all goes through a SOCKS5 proxy there]:host\:port: ' \
			'*-a+[one more tracker]:url: ' \
			'*-b+[a node of the DHT to begin with]:host\:port: ' \
			'-d+[where the data is, or goes]:dir:_files -/' \
			'*-f+[only the files that match]:glob:_files' \
			'*-k+[a known peer; @file\: of its lines]:host\:port: ' \
			'-l+[listen on this address alone]:addr: ' \
			'-M+[the most connections, else 500]:n: ' \
			'-o+[another name for the result; - for stdout]:file:_files' \
			'-p+[listen there, else from 6881 to 6889; 0\: on any]:port: ' \
			'-r+[most bytes a second down; 500k, 1.5m]:rate: ' \
			'-R+[seed until so many times its size was given]:ratio: ' \
			'-t+[give up after so long without progress]:sec: ' \
			'-T+[seed for so long]:sec: ' \
			'-u+[most bytes a second up; 0\: none]:rate: ' \
			'-U+[become that user once the port is open]:user:_users' \
			'-w+[the port is no web server, and no tracker]:none: ' \
			'-x+[run it when a torrent is complete]:command: ' \
			'*:torrent:_files -g "*.torrent(-.)"' ;;
	show) _arguments -s -S '(- *)-h[say what it takes]' \
			'-f[print only the paths of the files]' \
			'-j[print a JSON object for each torrent]' \
			'-m[print only a magnet link]' \
			'-t[ask the trackers how many are in the swarm]' \
			'*:torrent:_files -g "*.torrent(-.)"' ;;
	check) _arguments -s -S '(- *)-h[say what it takes]' \
			'-q[no progress, no warnings]' \
			':torrent:_files -g "*.torrent(-.)"' \
			':path:_files' ;;
	esac ;;
esac
