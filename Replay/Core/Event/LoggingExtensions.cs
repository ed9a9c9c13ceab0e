namespace Akka.Event;

/// <summary>Writes to the log by level, with arguments formatted only when somebody reads them.</summary>
public static class LoggingExtensions
{
    public static void Debug(this ILoggingAdapter log, string format) => log.Log(LogLevel.DebugLevel, null, format);

    public static void Debug(this ILoggingAdapter log, string format, params object[] args) =>
        Write(log, LogLevel.DebugLevel, null, format, args);

    public static void Debug(this ILoggingAdapter log, Exception cause, string format) => log.Log(LogLevel.DebugLevel, cause, format);

    public static void Debug(this ILoggingAdapter log, Exception cause, string format, params object[] args) =>
        Write(log, LogLevel.DebugLevel, cause, format, args);

    public static void Info(this ILoggingAdapter log, string format) => log.Log(LogLevel.InfoLevel, null, format);

    public static void Info(this ILoggingAdapter log, string format, params object[] args) =>
        Write(log, LogLevel.InfoLevel, null, format, args);

    public static void Info(this ILoggingAdapter log, Exception cause, string format) => log.Log(LogLevel.InfoLevel, cause, format);

    public static void Info(this ILoggingAdapter log, Exception cause, string format, params object[] args) =>
        Write(log, LogLevel.InfoLevel, cause, format, args);

    public static void Warning(this ILoggingAdapter log, string format) => log.Log(LogLevel.WarningLevel, null, format);

    public static void Warning(this ILoggingAdapter log, string format, params object[] args) =>
        Write(log, LogLevel.WarningLevel, null, format, args);

    public static void Warning(this ILoggingAdapter log, Exception cause, string format) => log.Log(LogLevel.WarningLevel, cause, format);

    public static void Warning(this ILoggingAdapter log, Exception cause, string format, params object[] args) =>
        Write(log, LogLevel.WarningLevel, cause, format, args);

    public static void Error(this ILoggingAdapter log, string format) => log.Log(LogLevel.ErrorLevel, null, format);

    public static void Error(this ILoggingAdapter log, string format, params object[] args) =>
        Write(log, LogLevel.ErrorLevel, null, format, args);

    public static void Error(this ILoggingAdapter log, Exception cause, string format) => log.Log(LogLevel.ErrorLevel, cause, format);

    public static void Error(this ILoggingAdapter log, Exception cause, string format, params object[] args) =>
        Write(log, LogLevel.ErrorLevel, cause, format, args);

    public static void Log(this ILoggingAdapter log, LogLevel logLevel, string format) => log.Log(logLevel, null, format);

    public static void Log(this ILoggingAdapter log, LogLevel logLevel, string format, params object[] args) =>
        Write(log, logLevel, null, format, args);

    private static void Write(ILoggingAdapter log, LogLevel level, Exception? cause, string format, object[] args)
    {
        if (log.IsEnabled(level)) log.Log(level, cause, new FormattedLogMessage(log.Formatter, format, args));
    }
}
