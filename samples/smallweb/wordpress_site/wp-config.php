<?php
// One WordPress for every host of the small web: the host name picks the database.
$host = preg_replace('/[^a-z0-9.-]/', '', strtolower($_SERVER['HTTP_HOST'] ?? 'localhost'));
define('DB_DIR', __DIR__ . '/wp-content/database/');
define('DB_FILE', $host . '.sqlite');
define('DB_NAME', 'wordpress');
define('DB_USER', '');
define('DB_PASSWORD', '');
define('DB_HOST', '');
define('DB_CHARSET', 'utf8');
define('DB_COLLATE', '');
foreach (['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'] as $name) {
    define($name, 'not secret: a local sample');
}
define('WP_HOME', "http://$host");
define('WP_SITEURL', "http://$host");
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('DISABLE_WP_CRON', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
