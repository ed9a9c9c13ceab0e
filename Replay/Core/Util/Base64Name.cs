namespace Akka.Util;

/// <summary>The names of actors that were given none: $a, $b, ... least significant digit first.</summary>
internal static class Base64Name
{
    private const string Digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+~";

    public static string Of(long number, string prefix = "$")
    {
        Span<char> digits = stackalloc char[11];
        var length = 0;
        do
        {
            digits[length++] = Digits[(int)(number & 63)];
            number >>= 6;
        }
        while (number != 0);
        return string.Concat(prefix, digits[..length]);
    }
}
